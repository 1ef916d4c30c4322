// PEXPIREAT key unix-time-milliseconds [NX | XX | GT | LT]: says when a key expires.
#include "engine/commands/deadlines.h"
#include "execution/command_context.h"

namespace redstart {
namespace {

void run(CommandContext& c) { set_key_deadline(c, TimeUnit::milliseconds, TimeOrigin::epoch); }

constexpr KeySpec kKeys[] = {
    {.flags = kKeyRW | kKeyUpdate, .index = 1, .last = 0},
};

constexpr Argument kArgumentsCondition[] = {
    {.name = "nx", .type = ArgumentType::pure_token, .token = "NX"},
    {.name = "xx", .type = ArgumentType::pure_token, .token = "XX"},
    {.name = "gt", .type = ArgumentType::pure_token, .token = "GT"},
    {.name = "lt", .type = ArgumentType::pure_token, .token = "LT"},
};

constexpr Argument kArguments[] = {
    {.name = "key", .type = ArgumentType::key, .key_spec = 0},
    {.name = "unix-time-milliseconds", .type = ArgumentType::unix_time},
    {.name = "condition",
     .type = ArgumentType::one_of,
     .flags = kOptional,
     .since = "7.0.0",
     .children = kArgumentsCondition},
};

}  // namespace

REDSTART_COMMAND(pexpireat) = {
    .name = "pexpireat",
    .summary = "Lets a key expire at a Unix time in milliseconds.",
    .complexity = "O(1)",
    .since = "2.6.0",
    .group = CommandGroup::generic,
    .arity = -3,
    .flags = kWrite | kFast,
    .acl_categories = "keyspace",
    .keys = kKeys,
    .arguments = kArguments,
    .run = run,
};

}  // namespace redstart
