// MODULE LIST | LOAD | LOADEX | UNLOAD: there are no modules.
#include "execution/command_context.h"
#include "execution/commands/replies.h"

namespace redstart {
namespace {

void run_help(CommandContext& c) { reply_help(c); }

void run_list(CommandContext& c) { c.reply().array(0); }

void run_load(CommandContext& c) {
  c.error("ERR Error loading the extension: Redstart takes no modules");
}

void run_unload(CommandContext& c) {
  c.error("ERR Error unloading module: no such module with that name");
}

constexpr std::string_view kListTips[] = {"nondeterministic_output_order"};

constexpr Argument kLoadArguments[] = {
    {.name = "path", .type = ArgumentType::string},
    {.name = "arg", .type = ArgumentType::string, .flags = kOptional | kMultiple},
};

constexpr Argument kLoadexArgumentsConfigs[] = {
    {.name = "name", .type = ArgumentType::string},
    {.name = "value", .type = ArgumentType::string},
};

constexpr Argument kLoadexArgumentsArgs[] = {
    {.name = "arg", .type = ArgumentType::string},
};

constexpr Argument kLoadexArguments[] = {
    {.name = "path", .type = ArgumentType::string},
    {.name = "configs",
     .type = ArgumentType::block,
     .token = "CONFIG",
     .flags = kOptional | kMultiple | kMultipleToken,
     .children = kLoadexArgumentsConfigs},
    {.name = "args",
     .type = ArgumentType::block,
     .token = "ARGS",
     .flags = kOptional | kMultiple,
     .children = kLoadexArgumentsArgs},
};

constexpr Argument kUnloadArguments[] = {
    {.name = "name", .type = ArgumentType::string},
};

constexpr CommandSpec kSubcommands[] = {
    {.name = "help",
     .summary = "Shows the subcommands.",
     .complexity = "O(1)",
     .since = "5.0.0",
     .group = CommandGroup::server,
     .arity = 2,
     .flags = kLoading | kStale,
     .run = run_help},
    {.name = "list",
     .summary = "Lists the modules that are loaded.",
     .complexity = "O(N), N: modules",
     .since = "4.0.0",
     .group = CommandGroup::server,
     .arity = 2,
     .flags = kAdmin | kNoScript,
     .tips = kListTips,
     .run = run_list},
    {.name = "load",
     .summary = "Loads a module.",
     .complexity = "O(1)",
     .since = "4.0.0",
     .group = CommandGroup::server,
     .arity = -3,
     .flags = kAdmin | kNoScript | kNoAsyncLoading,
     .arguments = kLoadArguments,
     .run = run_load},
    {.name = "loadex",
     .summary = "Loads a module with directives of its own.",
     .complexity = "O(1)",
     .since = "7.0.0",
     .group = CommandGroup::server,
     .arity = -3,
     .flags = kAdmin | kNoScript | kNoAsyncLoading,
     .arguments = kLoadexArguments,
     .run = run_load},
    {.name = "unload",
     .summary = "Unloads a module.",
     .complexity = "O(1)",
     .since = "4.0.0",
     .group = CommandGroup::server,
     .arity = 3,
     .flags = kAdmin | kNoScript | kNoAsyncLoading,
     .arguments = kUnloadArguments,
     .run = run_unload},
};

}  // namespace

REDSTART_COMMAND(module) = {
    .name = "module",
    .summary = "Lists, loads and unloads modules.",
    .complexity = "See the subcommands",
    .since = "4.0.0",
    .group = CommandGroup::server,
    .arity = -2,
    .subcommands = kSubcommands,
};

}  // namespace redstart
