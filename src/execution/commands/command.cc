// COMMAND
#include "execution/command_context.h"

namespace redstart {
namespace {

void run_count(CommandContext& c) {
  // IMPLEMENT
}

void run_docs(CommandContext& c) {
  // IMPLEMENT
}

void run_getkeys(CommandContext& c) {
  // IMPLEMENT
}

void run_getkeysandflags(CommandContext& c) {
  // IMPLEMENT
}

void run_help(CommandContext& c) {
  // IMPLEMENT
}

void run_info(CommandContext& c) {
  // IMPLEMENT
}

void run_list(CommandContext& c) {
  // IMPLEMENT
}

void run(CommandContext& c) {
  // IMPLEMENT
}

constexpr Argument kCommandDocsArguments[] = {
    {.name = "command-name", .type = ArgumentType::string, .flags = kOptional | kMultiple},
};

constexpr std::string_view kCommandDocsTips[] = {"nondeterministic_output_order"};

constexpr Argument kCommandInfoArguments[] = {
    {.name = "command-name", .type = ArgumentType::string, .flags = kOptional | kMultiple},
};

constexpr std::string_view kCommandInfoTips[] = {"nondeterministic_output_order"};

constexpr Argument kCommandListArgumentsFilterby[] = {
    {.name = "module-name", .type = ArgumentType::string, .token = "MODULE"},
    {.name = "category", .type = ArgumentType::string, .token = "ACLCAT"},
    {.name = "pattern", .type = ArgumentType::pattern, .token = "PATTERN"},
};

constexpr Argument kCommandListArguments[] = {
    {.name = "filterby", .type = ArgumentType::one_of, .token = "FILTERBY", .flags = kOptional, .children = kCommandListArgumentsFilterby},
};

constexpr std::string_view kCommandListTips[] = {"nondeterministic_output_order"};

constexpr CommandSpec kSubcommands[] = {
    {.name = "count",
     .summary = "",
     .complexity = "O(1)",
     .since = "2.8.13",
     .group = CommandGroup::server,
     .arity = 2,
     .flags = kLoading | kStale,
     .acl_categories = "connection",
     .run = run_count},
    {.name = "docs",
     .summary = "",
     .complexity = "O(N) where N is the number of commands to look up",
     .since = "7.0.0",
     .group = CommandGroup::server,
     .arity = -2,
     .flags = kLoading | kStale,
     .acl_categories = "connection",
     .arguments = kCommandDocsArguments,
     .tips = kCommandDocsTips,
     .run = run_docs},
    {.name = "getkeys",
     .summary = "",
     .complexity = "O(N) where N is the number of arguments to the command",
     .since = "2.8.13",
     .group = CommandGroup::server,
     .arity = -4,
     .flags = kLoading | kStale,
     .acl_categories = "connection",
     .run = run_getkeys},
    {.name = "getkeysandflags",
     .summary = "",
     .complexity = "O(N) where N is the number of arguments to the command",
     .since = "7.0.0",
     .group = CommandGroup::server,
     .arity = -4,
     .flags = kLoading | kStale,
     .acl_categories = "connection",
     .run = run_getkeysandflags},
    {.name = "help",
     .summary = "",
     .complexity = "O(1)",
     .since = "5.0.0",
     .group = CommandGroup::server,
     .arity = 2,
     .flags = kLoading | kStale,
     .acl_categories = "connection",
     .run = run_help},
    {.name = "info",
     .summary = "",
     .complexity = "O(N) where N is the number of commands to look up",
     .since = "2.8.13",
     .group = CommandGroup::server,
     .arity = -2,
     .flags = kLoading | kStale,
     .acl_categories = "connection",
     .arguments = kCommandInfoArguments,
     .tips = kCommandInfoTips,
     .run = run_info},
    {.name = "list",
     .summary = "",
     .complexity = "O(N) where N is the total number of Redis commands",
     .since = "7.0.0",
     .group = CommandGroup::server,
     .arity = -2,
     .flags = kLoading | kStale,
     .acl_categories = "connection",
     .arguments = kCommandListArguments,
     .tips = kCommandListTips,
     .run = run_list},
};

constexpr std::string_view kTips[] = {"nondeterministic_output_order"};

}  // namespace

const CommandSpec command_command = {
    .name = "command",
    .summary = "",
    .complexity = "O(N) where N is the total number of Redis commands",
    .since = "2.8.13",
    .group = CommandGroup::server,
    .arity = -1,
    .flags = kLoading | kStale,
    .acl_categories = "connection",
    .tips = kTips,
    .subcommands = kSubcommands,
    .run = run,
};

}  // namespace redstart
