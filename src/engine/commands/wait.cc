// WAIT numreplicas timeout: waits for replicas to have what this client wrote.
#include "execution/command_context.h"
#include "execution/executor.h"

namespace redstart {
namespace {

// There are no replicas to wait for: only a wait for none of them succeeds before the timeout.
void run(CommandContext& c) {
  int64_t replicas, timeout_ms;
  if (!c.parse_integer(1, replicas)) return;
  if (!c.parse_integer(2, timeout_ms, "ERR timeout is not an integer or out of range")) return;
  if (timeout_ms < 0) return c.error("ERR timeout is negative");
  if (replicas <= 0 || !c.may_block()) return c.reply().integer(0);
  const int64_t now_ms = c.executor().clock().monotonic_time_ns() / 1'000'000;
  int64_t deadline_ms = 0;
  if (timeout_ms != 0 && __builtin_add_overflow(now_ms, timeout_ms, &deadline_ms)) {
    deadline_ms = INT64_MAX;
  }
  c.block_until(deadline_ms, Reply::integer(0));
}

constexpr Argument kArguments[] = {
    {.name = "numreplicas", .type = ArgumentType::integer},
    {.name = "timeout", .type = ArgumentType::integer},
};

constexpr std::string_view kTips[] = {"request_policy:all_shards", "response_policy:agg_min"};

}  // namespace

REDSTART_COMMAND(wait) = {
    .name = "wait",
    .summary = "Waits until replicas have taken over earlier writes, or a time has passed.",
    .complexity = "O(1)",
    .since = "3.0.0",
    .group = CommandGroup::generic,
    .arity = 3,
    .flags = kNoScript,
    .acl_categories = "connection",
    .arguments = kArguments,
    .tips = kTips,
    .run = run,
};

}  // namespace redstart
