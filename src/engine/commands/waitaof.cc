// WAITAOF numlocal numreplicas timeout: waits until what this client wrote is in logs on disk.
#include "execution/command_context.h"
#include "execution/executor.h"
#include "execution/persistence.h"
#include "execution/session.h"

namespace redstart {
namespace {

void reply(CommandContext& c, bool is_synced) {
  c.reply().array(2);
  c.reply().integer(is_synced ? 1 : 0);
  c.reply().integer(0);
}

// There are no replicas: a wait for one succeeds never, and tells at its timeout what is on this disk.
void run(CommandContext& c) {
  int64_t local, replicas, timeout_ms;
  if (!c.parse_integer_in(1, 0, 1, local, "ERR value is out of range, value must between 0 and 1")) return;
  if (!c.parse_integer_in(2, 0, INT64_MAX, replicas, "ERR value is out of range, must be positive")) return;
  if (!c.parse_integer(3, timeout_ms, "ERR timeout is not an integer or out of range")) return;
  if (timeout_ms < 0) return c.error("ERR timeout is negative");
  Persistence& persistence = c.executor().persistence();
  if (local != 0 && !persistence.has_log_or_begins()) {
    return c.error("ERR WAITAOF cannot be used when numlocal is set but appendonly is disabled.");
  }
  const bool is_synced = persistence.is_synced(c.session().own_log_position);
  if ((replicas == 0 && (local == 0 || is_synced)) || !c.may_block()) return reply(c, is_synced);
  const int64_t now_ms = c.executor().clock().monotonic_time_ns() / 1'000'000;
  int64_t deadline_ms = 0;
  if (timeout_ms != 0 && __builtin_add_overflow(now_ms, timeout_ms, &deadline_ms)) deadline_ms = INT64_MAX;
  Reply now = Reply::aggregate(Reply::Type::array, {Reply::integer(is_synced ? 1 : 0), Reply::integer(0)});
  c.block_until(deadline_ms, std::move(now), {.wants_sync = true, .ends_when_synced = replicas == 0});
}

constexpr Argument kArguments[] = {
    {.name = "numlocal", .type = ArgumentType::integer},
    {.name = "numreplicas", .type = ArgumentType::integer},
    {.name = "timeout", .type = ArgumentType::integer},
};

constexpr std::string_view kTips[] = {"request_policy:all_shards", "response_policy:agg_min"};

}  // namespace

REDSTART_COMMAND(waitaof) = {
    .name = "waitaof",
    .summary = "Waits until earlier writes are in logs on disk, or a time has passed.",
    .complexity = "O(1)",
    .since = "7.2.0",
    .group = CommandGroup::generic,
    .arity = 4,
    .flags = kNoScript,
    .acl_categories = "connection",
    .arguments = kArguments,
    .tips = kTips,
    .run = run,
};

}  // namespace redstart
