// HPEXPIREAT key unix-time-milliseconds [NX | XX | GT | LT] FIELDS numfields field [field ...]:
// gives fields of a hash a deadline, as a Unix time in milliseconds.
#include "types/hash/commands/field_deadlines.h"

namespace redstart {
namespace {

void run(CommandContext& c) { set_field_deadlines(c, TimeUnit::milliseconds, TimeOrigin::epoch); }

constexpr KeySpec kKeys[] = {
    {.flags = kKeyRW | kKeyUpdate, .index = 1, .last = 0},
};

constexpr Argument kArguments[] = {
    {.name = "key", .type = ArgumentType::key, .key_spec = 0},
    {.name = "unix-time-milliseconds", .type = ArgumentType::unix_time},
    {.name = "condition",
     .type = ArgumentType::one_of,
     .flags = kOptional,
     .children = kFieldConditionArguments},
    kFieldsArgument,
};

}  // namespace

REDSTART_COMMAND(hpexpireat) = {
    .name = "hpexpireat",
    .summary = "Gives fields of a hash a deadline, as a Unix time in milliseconds.",
    .complexity = "O(N) in the number of fields.",
    .since = "7.4.0",
    .group = CommandGroup::hash,
    .arity = -6,
    .flags = kWrite | kDenyOom | kFast,
    .acl_categories = "hash",
    .keys = kKeys,
    .arguments = kArguments,
    .run = run,
};

}  // namespace redstart
