// GETEX
#include "execution/command_context.h"

namespace redstart {
namespace {

void run(CommandContext& c) {
  // IMPLEMENT
}

constexpr KeySpec kKeys[] = {
    {.flags = kKeyRW | kKeyAccess | kKeyUpdate, .index = 1, .last = 0},
};

constexpr Argument kArgumentsExpiration[] = {
    {.name = "seconds", .type = ArgumentType::integer, .token = "EX"},
    {.name = "milliseconds", .type = ArgumentType::integer, .token = "PX"},
    {.name = "unix-time-seconds", .type = ArgumentType::unix_time, .token = "EXAT"},
    {.name = "unix-time-milliseconds", .type = ArgumentType::unix_time, .token = "PXAT"},
    {.name = "persist", .type = ArgumentType::pure_token, .token = "PERSIST"},
};

constexpr Argument kArguments[] = {
    {.name = "key", .type = ArgumentType::key, .key_spec = 0},
    {.name = "expiration", .type = ArgumentType::one_of, .flags = kOptional, .children = kArgumentsExpiration},
};

}  // namespace

const CommandSpec getex_command = {
    .name = "getex",
    .summary = "",
    .complexity = "O(1)",
    .since = "6.2.0",
    .group = CommandGroup::string,
    .arity = -2,
    .flags = kWrite | kFast,
    .acl_categories = "string",
    .keys = kKeys,
    .arguments = kArguments,
    .run = run,
};

}  // namespace redstart
