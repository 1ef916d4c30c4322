// EXPIRETIME key: the Unix time in seconds at which a key expires.
// PEXPIRETIME key: the Unix time in milliseconds at which a key expires.
#include "engine/commands/deadlines.h"
#include "execution/command_context.h"

namespace redstart {
namespace {

constexpr KeySpec kKeys[] = {
    {.flags = kKeyRO | kKeyAccess, .index = 1, .last = 0},
};

constexpr Argument kArguments[] = {
    {.name = "key", .type = ArgumentType::key, .key_spec = 0},
};

}  // namespace

REDSTART_COMMAND(expiretime) = {
    .name = "expiretime",
    .summary = "Tells the Unix time in seconds at which a key expires.",
    .complexity = "O(1)",
    .since = "7.0.0",
    .group = CommandGroup::generic,
    .arity = 2,
    .flags = kReadonly | kFast,
    .acl_categories = "keyspace",
    .keys = kKeys,
    .arguments = kArguments,
    .run = [](CommandContext& c) { reply_key_deadline(c, TimeUnit::seconds, TimeOrigin::epoch); },
};

REDSTART_COMMAND(pexpiretime) = {
    .name = "pexpiretime",
    .summary = "Tells the Unix time in milliseconds at which a key expires.",
    .complexity = "O(1)",
    .since = "7.0.0",
    .group = CommandGroup::generic,
    .arity = 2,
    .flags = kReadonly | kFast,
    .acl_categories = "keyspace",
    .keys = kKeys,
    .arguments = kArguments,
    .run =
        [](CommandContext& c) { reply_key_deadline(c, TimeUnit::milliseconds, TimeOrigin::epoch); },
};

}  // namespace redstart
