// AUTH
#include "execution/command_context.h"

namespace redstart {
namespace {

void run(CommandContext& c) {
  // IMPLEMENT
}

constexpr Argument kArguments[] = {
    {.name = "username", .type = ArgumentType::string, .flags = kOptional, .since = "6.0.0"},
    {.name = "password", .type = ArgumentType::string},
};

}  // namespace

const CommandSpec auth_command = {
    .name = "auth",
    .summary = "",
    .complexity = "O(N) where N is the number of passwords defined for the user",
    .since = "1.0.0",
    .group = CommandGroup::connection,
    .arity = -2,
    .flags = kNoScript | kLoading | kStale | kFast | kNoAuth | kAllowBusy,
    .acl_categories = "connection",
    .arguments = kArguments,
    .run = run,
};

}  // namespace redstart
