// TIME: the wall clock.
#include "execution/command_context.h"
#include "execution/executor.h"

namespace redstart {
namespace {

void run(CommandContext& c) {
  const int64_t now_us = c.executor().clock().unix_time_us();
  c.reply().array(2);
  c.reply().bulk_integer(now_us / 1'000'000);
  c.reply().bulk_integer(now_us % 1'000'000);
}

constexpr std::string_view kTips[] = {"nondeterministic_output"};

}  // namespace

REDSTART_COMMAND(time) = {
    .name = "time",
    .summary = "Tells the Unix time in seconds, and the microseconds beyond.",
    .complexity = "O(1)",
    .since = "2.6.0",
    .group = CommandGroup::server,
    .arity = 1,
    .flags = kLoading | kStale | kFast,
    .tips = kTips,
    .run = run,
};

}  // namespace redstart
