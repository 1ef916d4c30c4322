// EXPIRE key seconds [NX | XX | GT | LT]: gives a key seconds to live.
#include "engine/commands/deadlines.h"
#include "execution/command_context.h"

namespace redstart {
namespace {

void run(CommandContext& c) { set_key_deadline(c, TimeUnit::seconds, TimeOrigin::now); }

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
    {.name = "seconds", .type = ArgumentType::integer},
    {.name = "condition",
     .type = ArgumentType::one_of,
     .flags = kOptional,
     .since = "7.0.0",
     .children = kArgumentsCondition},
};

}  // namespace

REDSTART_COMMAND(expire) = {
    .name = "expire",
    .summary = "Lets a key expire after some seconds.",
    .complexity = "O(1)",
    .since = "1.0.0",
    .group = CommandGroup::generic,
    .arity = -3,
    .flags = kWrite | kFast,
    .acl_categories = "keyspace",
    .keys = kKeys,
    .arguments = kArguments,
    .run = run,
};

}  // namespace redstart
