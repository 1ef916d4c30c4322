// COMMANDLOG GET | LEN | RESET: the commands that took long, or whose request or reply was large.
#include "execution/commands/command_logs.h"
#include "execution/commands/replies.h"
#include "execution/executor.h"

namespace redstart {
namespace {

// The log that argument `index` names; null: the error has been replied.
SlowLog* log_named(CommandContext& c, size_t index) {
  if (c.arg_is(index, "slow")) return &c.executor().slow_log();
  if (c.arg_is(index, "large-request")) return &c.executor().large_request_log();
  if (c.arg_is(index, "large-reply")) return &c.executor().large_reply_log();
  c.error("ERR type should be one of the following: slow, large-request, large-reply");
  return nullptr;
}

void run_get(CommandContext& c) {
  int64_t count;
  if (!parse_log_count(c, 2, count)) return;
  if (const SlowLog* log = log_named(c, 3)) reply_log(c, *log, count);
}

void run_help(CommandContext& c) { reply_help(c); }

void run_len(CommandContext& c) {
  if (const SlowLog* log = log_named(c, 2)) reply_log_size(c, *log);
}

void run_reset(CommandContext& c) {
  if (SlowLog* log = log_named(c, 2)) empty_log(c, *log);
}

constexpr Argument kTypes[] = {
    {.name = "slow", .type = ArgumentType::pure_token, .token = "SLOW"},
    {.name = "large-request", .type = ArgumentType::pure_token, .token = "LARGE-REQUEST"},
    {.name = "large-reply", .type = ArgumentType::pure_token, .token = "LARGE-REPLY"},
};

constexpr Argument kGetArguments[] = {
    {.name = "count", .type = ArgumentType::integer},
    {.name = "type", .type = ArgumentType::one_of, .children = kTypes},
};

constexpr Argument kTypeArguments[] = {
    {.name = "type", .type = ArgumentType::one_of, .children = kTypes},
};

constexpr std::string_view kGetTips[] = {"request_policy:all_nodes", "nondeterministic_output"};
constexpr std::string_view kLenTips[] = {"request_policy:all_nodes", "response_policy:agg_sum",
                                         "nondeterministic_output"};
constexpr std::string_view kResetTips[] = {"request_policy:all_nodes", "response_policy:all_succeeded"};

constexpr CommandSpec kSubcommands[] = {
    {.name = "get",
     .summary = "Lists the latest commands of a log, the newest first.",
     .complexity = "O(N), N: entries told",
     .since = "8.1.0",
     .group = CommandGroup::server,
     .arity = 4,
     .flags = kAdmin | kLoading | kStale,
     .arguments = kGetArguments,
     .tips = kGetTips,
     .run = run_get},
    {.name = "help",
     .summary = "Shows the subcommands.",
     .complexity = "O(1)",
     .since = "8.1.0",
     .group = CommandGroup::server,
     .arity = 2,
     .flags = kLoading | kStale,
     .run = run_help},
    {.name = "len",
     .summary = "Counts the commands of a log.",
     .complexity = "O(1)",
     .since = "8.1.0",
     .group = CommandGroup::server,
     .arity = 3,
     .flags = kAdmin | kLoading | kStale,
     .arguments = kTypeArguments,
     .tips = kLenTips,
     .run = run_len},
    {.name = "reset",
     .summary = "Empties a log.",
     .complexity = "O(N) in the number of its entries.",
     .since = "8.1.0",
     .group = CommandGroup::server,
     .arity = 3,
     .flags = kAdmin | kLoading | kStale,
     .arguments = kTypeArguments,
     .tips = kResetTips,
     .run = run_reset},
};

}  // namespace

REDSTART_COMMAND(commandlog) = {
    .name = "commandlog",
    .summary = "Shows the commands that took long, or whose request or reply was large.",
    .complexity = "See the subcommands",
    .since = "8.1.0",
    .group = CommandGroup::server,
    .arity = -2,
    .subcommands = kSubcommands,
};

}  // namespace redstart
