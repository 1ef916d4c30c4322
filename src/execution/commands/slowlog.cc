// SLOWLOG GET | LEN | RESET: the commands that took long.
#include "base/numbers.h"
#include "execution/command_context.h"
#include "execution/commands/replies.h"
#include "execution/executor.h"
#include "execution/slow_log.h"

namespace redstart {
namespace {

void reply_entry(ReplySink& reply, const SlowLog::Entry& entry) {
  reply.array(6);
  reply.integer(entry.id);
  reply.integer(entry.unix_time_s);
  reply.integer(entry.duration_us);
  reply.array(entry.args.size());
  for (const std::string& arg : entry.args) reply.bulk(arg);
  reply.bulk(entry.address);
  reply.bulk(entry.client_name);
}

void run_get(CommandContext& c) {
  if (c.arg_count() > 3) return reply_subcommand_syntax_error(c);
  int64_t count = 10;
  if (c.arg_count() == 3) {
    constexpr std::string_view kBadCount = "ERR count should be greater than or equal to -1";
    const auto parsed = parse_int64(c.arg(2));
    if (!parsed || *parsed < -1) return c.error(kBadCount);
    count = *parsed;
  }
  SlowLog& log = c.executor().slow_log();
  const auto entries = log.newest(count < 0 ? log.size() : static_cast<size_t>(count));
  c.reply().array(entries.size());
  for (const SlowLog::Entry& entry : entries) reply_entry(c.reply(), entry);
}

void run_help(CommandContext& c) { reply_help(c); }

void run_len(CommandContext& c) {
  c.reply().integer(static_cast<int64_t>(c.executor().slow_log().size()));
}

void run_reset(CommandContext& c) {
  c.executor().slow_log().reset();
  c.reply().ok();
}

constexpr Argument kSlowlogGetArguments[] = {
    {.name = "count", .type = ArgumentType::integer, .flags = kOptional},
};

constexpr std::string_view kSlowlogGetTips[] = {"request_policy:all_nodes",
                                                "nondeterministic_output"};

constexpr std::string_view kSlowlogLenTips[] = {
    "request_policy:all_nodes", "response_policy:agg_sum", "nondeterministic_output"};

constexpr std::string_view kSlowlogResetTips[] = {"request_policy:all_nodes",
                                                  "response_policy:all_succeeded"};

constexpr CommandSpec kSubcommands[] = {
    {.name = "get",
     .summary = "Lists the latest slow commands, the newest first.",
     .complexity = "O(N), N: entries returned",
     .since = "2.2.12",
     .group = CommandGroup::server,
     .arity = -2,
     .flags = kAdmin | kLoading | kStale,
     .arguments = kSlowlogGetArguments,
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
