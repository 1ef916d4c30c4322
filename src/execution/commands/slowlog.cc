// SLOWLOG
#include "execution/command_context.h"

namespace redstart {
namespace {

void run_get(CommandContext& c) {
  // IMPLEMENT
}

void run_help(CommandContext& c) {
  // IMPLEMENT
}

void run_len(CommandContext& c) {
  // IMPLEMENT
}

void run_reset(CommandContext& c) {
  // IMPLEMENT
}

constexpr Argument kSlowlogGetArguments[] = {
    {.name = "count", .type = ArgumentType::integer, .flags = kOptional},
};

constexpr std::string_view kSlowlogGetTips[] = {"request_policy:all_nodes", "nondeterministic_output"};

constexpr std::string_view kSlowlogLenTips[] = {"request_policy:all_nodes", "response_policy:agg_sum", "nondeterministic_output"};

constexpr std::string_view kSlowlogResetTips[] = {"request_policy:all_nodes", "response_policy:all_succeeded"};

constexpr CommandSpec kSubcommands[] = {
    {.name = "get",
     .summary = "",
     .complexity = "O(N) where N is the number of entries returned",
     .since = "2.2.12",
     .group = CommandGroup::server,
     .arity = -2,
     .flags = kAdmin | kLoading | kStale,
     .arguments = kSlowlogGetArguments,
     .tips = kSlowlogGetTips,
     .run = run_get},
    {.name = "help",
     .summary = "",
     .complexity = "O(1)",
     .since = "6.2.0",
     .group = CommandGroup::server,
     .arity = 2,
     .flags = kLoading | kStale,
     .run = run_help},
    {.name = "len",
     .summary = "",
     .complexity = "O(1)",
     .since = "2.2.12",
     .group = CommandGroup::server,
     .arity = 2,
     .flags = kAdmin | kLoading | kStale,
     .tips = kSlowlogLenTips,
     .run = run_len},
    {.name = "reset",
     .summary = "",
     .complexity = "O(N) where N is the number of entries in the slowlog",
     .since = "2.2.12",
     .group = CommandGroup::server,
     .arity = 2,
     .flags = kAdmin | kLoading | kStale,
     .tips = kSlowlogResetTips,
     .run = run_reset},
};

}  // namespace

const CommandSpec slowlog_command = {
    .name = "slowlog",
    .summary = "",
    .complexity = "Depends on subcommand.",
    .since = "2.2.12",
    .group = CommandGroup::server,
    .arity = -2,
    .subcommands = kSubcommands,
};

}  // namespace redstart
