// CONFIG
#include "execution/command_context.h"

namespace redstart {
namespace {

void run_get(CommandContext& c) {
  // IMPLEMENT
}

void run_help(CommandContext& c) {
  // IMPLEMENT
}

void run_resetstat(CommandContext& c) {
  // IMPLEMENT
}

void run_rewrite(CommandContext& c) {
  // IMPLEMENT
}

void run_set(CommandContext& c) {
  // IMPLEMENT
}

constexpr Argument kConfigGetArgumentsParameter[] = {
    {.name = "parameter", .type = ArgumentType::string},
};

constexpr Argument kConfigGetArguments[] = {
    {.name = "parameter", .type = ArgumentType::block, .flags = kMultiple, .children = kConfigGetArgumentsParameter},
};

constexpr Argument kConfigSetArgumentsParameterValue[] = {
    {.name = "parameter", .type = ArgumentType::string},
    {.name = "value", .type = ArgumentType::string},
};

constexpr Argument kConfigSetArguments[] = {
    {.name = "parameter_value", .type = ArgumentType::block, .flags = kMultiple, .children = kConfigSetArgumentsParameterValue},
};

constexpr std::string_view kConfigSetTips[] = {"request_policy:all_nodes", "response_policy:all_succeeded"};

constexpr CommandSpec kSubcommands[] = {
    {.name = "get",
     .summary = "",
     .complexity = "O(N) when N is the number of configuration parameters provided",
     .since = "2.0.0",
     .group = CommandGroup::server,
     .arity = -3,
     .flags = kAdmin | kNoScript | kLoading | kStale,
     .arguments = kConfigGetArguments,
     .run = run_get},
    {.name = "help",
     .summary = "",
     .complexity = "O(1)",
     .since = "5.0.0",
     .group = CommandGroup::server,
     .arity = 2,
     .flags = kLoading | kStale,
     .run = run_help},
    {.name = "resetstat",
     .summary = "",
     .complexity = "O(1)",
     .since = "2.0.0",
     .group = CommandGroup::server,
     .arity = 2,
     .flags = kAdmin | kNoScript | kLoading | kStale,
     .run = run_resetstat},
    {.name = "rewrite",
     .summary = "",
     .complexity = "O(1)",
     .since = "2.8.0",
     .group = CommandGroup::server,
     .arity = 2,
     .flags = kAdmin | kNoScript | kLoading | kStale,
     .run = run_rewrite},
    {.name = "set",
     .summary = "",
     .complexity = "O(N) when N is the number of configuration parameters provided",
     .since = "2.0.0",
     .group = CommandGroup::server,
     .arity = -4,
     .flags = kAdmin | kNoScript | kLoading | kStale,
     .arguments = kConfigSetArguments,
     .tips = kConfigSetTips,
     .run = run_set},
};

}  // namespace

const CommandSpec config_command = {
    .name = "config",
    .summary = "",
    .complexity = "Depends on subcommand.",
    .since = "2.0.0",
    .group = CommandGroup::server,
    .arity = -2,
    .subcommands = kSubcommands,
};

}  // namespace redstart
