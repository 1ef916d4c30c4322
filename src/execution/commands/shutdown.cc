// SHUTDOWN
#include "execution/command_context.h"

namespace redstart {
namespace {

void run(CommandContext& c) {
  // IMPLEMENT
}

constexpr Argument kArgumentsNosaveSave[] = {
    {.name = "nosave", .type = ArgumentType::pure_token, .token = "NOSAVE"},
    {.name = "save", .type = ArgumentType::pure_token, .token = "SAVE"},
};

constexpr Argument kArguments[] = {
    {.name = "nosave_save", .type = ArgumentType::one_of, .flags = kOptional, .children = kArgumentsNosaveSave},
    {.name = "now", .type = ArgumentType::pure_token, .token = "NOW", .flags = kOptional, .since = "7.0.0"},
    {.name = "force", .type = ArgumentType::pure_token, .token = "FORCE", .flags = kOptional, .since = "7.0.0"},
    {.name = "abort", .type = ArgumentType::pure_token, .token = "ABORT", .flags = kOptional, .since = "7.0.0"},
};

}  // namespace

const CommandSpec shutdown_command = {
    .name = "shutdown",
    .summary = "",
    .complexity = "O(N) when saving, where N is the total number of keys in all databases when saving data, otherwise O(1)",
    .since = "1.0.0",
    .group = CommandGroup::server,
    .arity = -1,
    .flags = kAdmin | kNoScript | kLoading | kStale | kNoMulti | kAllowBusy,
    .arguments = kArguments,
    .run = run,
};

}  // namespace redstart
