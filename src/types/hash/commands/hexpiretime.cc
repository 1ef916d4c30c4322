// HEXPIRETIME key FIELDS numfields field [field ...]:
// tells when fields of a hash expire, as a Unix time in seconds.
// HPEXPIRETIME key FIELDS numfields field [field ...]:
// tells when fields of a hash expire, as a Unix time in milliseconds.
#include "types/hash/commands/field_deadlines.h"

namespace redstart {
namespace {

constexpr KeySpec kKeys[] = {
    {.flags = kKeyRO | kKeyAccess, .index = 1, .last = 0},
};

constexpr Argument kArguments[] = {
    {.name = "key", .type = ArgumentType::key, .key_spec = 0},
    kFieldsArgument,
};

}  // namespace

REDSTART_COMMAND(hexpiretime) = {
    .name = "hexpiretime",
    .summary = "Tells when fields of a hash expire, as a Unix time in seconds.",
    .complexity = "O(N) in the number of fields.",
    .since = "7.4.0",
    .group = CommandGroup::hash,
    .arity = -5,
    .flags = kReadonly | kFast,
    .acl_categories = "hash",
    .keys = kKeys,
    .arguments = kArguments,
    .run =
        [](CommandContext& c) { reply_field_deadlines(c, TimeUnit::seconds, TimeOrigin::epoch); },
};

REDSTART_COMMAND(hpexpiretime) = {
    .name = "hpexpiretime",
    .summary = "Tells when fields of a hash expire, as a Unix time in milliseconds.",
    .complexity = "O(N) in the number of fields.",
    .since = "7.4.0",
    .group = CommandGroup::hash,
    .arity = -5,
    .flags = kReadonly | kFast,
    .acl_categories = "hash",
    .keys = kKeys,
    .arguments = kArguments,
    .run =
        [](CommandContext& c) {
          reply_field_deadlines(c, TimeUnit::milliseconds, TimeOrigin::epoch);
        },
};

}  // namespace redstart
