// SLOWLOG GET | LEN | RESET: the commands that took long.
#include "execution/command_context.h"
#include "execution/commands/command_logs.h"
#include "execution/commands/replies.h"
#include "execution/executor.h"

namespace redstart {
namespace {

void run_get(CommandContext& c) {
  if (c.arg_count() > 3) return reply_subcommand_syntax_error(c);
  int64_t count = 10;
  if (c.arg_count() == 3 && !parse_log_count(c, 2, count)) return;
  reply_log(c, c.executor().slow_log(), count);
}

void run_help(CommandContext& c) { reply_help(c); }

void run_len(CommandContext& c) { reply_log_size(c, c.executor().slow_log()); }

void run_reset(CommandContext& c) { empty_log(c, c.executor().slow_log()); }

constexpr Argument kSlowlogGetArguments[] = {
    {.name = "count", .type = ArgumentType::integer, .flags = kOptional},
};

constexpr std::string_view kSlowlogGetTips[] = {"request_policy:all_nodes",
                                                "nondeterministic_output"};

constexpr std::string_view kSlowlogLenTips[] = {
    "request_policy:all_nodes", "response_policy:agg_sum", "nondeterministic_output"};

constexpr std::string_view kSlowlogResetTips[] = {"request_policy:all_nodes",
                                                  "response_policy:all_succeeded"};

constexpr HistoryEntry kSlowlogGetHistory[] = {
    {"4.0.0", "Tells the address and the name of the client."},
};

constexpr CommandSpec kSubcommands[] = {
    {.name = "get",
     .summary = "Lists the latest slow commands, the newest first.",
     .complexity = "O(N), N: entries returned",
     .since = "2.2.12",
     .group = CommandGroup::server,
     .arity = -2,
     .flags = kAdmin | kLoading | kStale,
     .arguments = kSlowlogGetArguments,
     .history = kSlowlogGetHistory,
     .tips = kSlowlogGetTips,
     .run = run_get},
    {.name = "help",
     .summary = "Shows the subcommands.",
     .complexity = "O(1)",
     .since = "6.2.0",
     .group = CommandGroup::server,
     .arity = 2,
     .flags = kLoading | kStale,
     .run = run_help},
    {.name = "len",
     .summary = "Counts the logged commands.",
     .complexity = "O(1)",
     .since = "2.2.12",
     .group = CommandGroup::server,
     .arity = 2,
     .flags = kAdmin | kLoading | kStale,
     .tips = kSlowlogLenTips,
     .run = run_len},
    {.name = "reset",
     .summary = "Empties the log.",
     .complexity = "O(N), N: entries of the log",
     .since = "2.2.12",
     .group = CommandGroup::server,
     .arity = 2,
     .flags = kAdmin | kLoading | kStale,
     .tips = kSlowlogResetTips,
     .run = run_reset},
};

}  // namespace

REDSTART_COMMAND(slowlog) = {
    .name = "slowlog",
    .summary = "Shows the commands that took longer than the threshold.",
    .complexity = "See the subcommands",
    .since = "2.2.12",
    .group = CommandGroup::server,
    .arity = -2,
    .subcommands = kSubcommands,
};

}  // namespace redstart
