// SET
#include "execution/command_context.h"

namespace redstart {
namespace {

void run(CommandContext& c) {
  // IMPLEMENT
}

constexpr KeySpec kKeys[] = {
    {.flags = kKeyRW | kKeyAccess | kKeyUpdate | kKeyVariableFlags, .index = 1, .last = 0},
};

constexpr Argument kArgumentsCondition[] = {
    {.name = "nx", .type = ArgumentType::pure_token, .token = "NX"},
    {.name = "xx", .type = ArgumentType::pure_token, .token = "XX"},
};

constexpr Argument kArgumentsExpiration[] = {
    {.name = "seconds", .type = ArgumentType::integer, .token = "EX", .since = "2.6.12"},
    {.name = "milliseconds", .type = ArgumentType::integer, .token = "PX", .since = "2.6.12"},
    {.name = "unix-time-seconds", .type = ArgumentType::unix_time, .token = "EXAT", .since = "6.2.0"},
    {.name = "unix-time-milliseconds", .type = ArgumentType::unix_time, .token = "PXAT", .since = "6.2.0"},
    {.name = "keepttl", .type = ArgumentType::pure_token, .token = "KEEPTTL", .since = "6.0.0"},
};

constexpr Argument kArguments[] = {
    {.name = "key", .type = ArgumentType::key, .key_spec = 0},
    {.name = "value", .type = ArgumentType::string},
    {.name = "condition", .type = ArgumentType::one_of, .flags = kOptional, .since = "2.6.12", .children = kArgumentsCondition},
    {.name = "get", .type = ArgumentType::pure_token, .token = "GET", .flags = kOptional, .since = "6.2.0"},
    {.name = "expiration", .type = ArgumentType::one_of, .flags = kOptional, .children = kArgumentsExpiration},
};

}  // namespace

const CommandSpec set_command = {
    .name = "set",
    .summary = "",
    .complexity = "O(1)",
    .since = "1.0.0",
    .group = CommandGroup::string,
    .arity = -3,
    .flags = kWrite | kDenyOom,
    .acl_categories = "string",
    .keys = kKeys,
    .arguments = kArguments,
    .run = run,
};

}  // namespace redstart
