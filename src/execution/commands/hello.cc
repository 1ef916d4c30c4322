// HELLO
#include "execution/command_context.h"

namespace redstart {
namespace {

void run(CommandContext& c) {
  // IMPLEMENT
}

constexpr Argument kArgumentsArgumentsUsernamePassword[] = {
    {.name = "username", .type = ArgumentType::string},
    {.name = "password", .type = ArgumentType::string},
};

constexpr Argument kArgumentsArguments[] = {
    {.name = "protover", .type = ArgumentType::integer},
    {.name = "username_password", .type = ArgumentType::block, .token = "AUTH", .flags = kOptional, .children = kArgumentsArgumentsUsernamePassword},
    {.name = "clientname", .type = ArgumentType::string, .token = "SETNAME", .flags = kOptional},
};

constexpr Argument kArguments[] = {
    {.name = "arguments", .type = ArgumentType::block, .flags = kOptional, .children = kArgumentsArguments},
};

}  // namespace

const CommandSpec hello_command = {
    .name = "hello",
    .summary = "",
    .complexity = "O(1)",
    .since = "6.0.0",
    .group = CommandGroup::connection,
    .arity = -1,
    .flags = kNoScript | kLoading | kStale | kFast | kNoAuth | kAllowBusy,
    .acl_categories = "connection",
    .arguments = kArguments,
    .run = run,
};

}  // namespace redstart
