// HTTL key FIELDS numfields field [field ...]:
// tells how many seconds fields of a hash have to live.
// HPTTL key FIELDS numfields field [field ...]:
// tells how many milliseconds fields of a hash have to live.
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

constexpr std::string_view kTips[] = {"nondeterministic_output"};

}  // namespace

REDSTART_COMMAND(httl) = {
    .name = "httl",
    .summary = "Tells how many seconds fields of a hash have to live.",
    .complexity = "O(N) in the number of fields.",
    .since = "7.4.0",
    .group = CommandGroup::hash,
    .arity = -5,
    .flags = kReadonly | kFast,
    .acl_categories = "hash",
    .keys = kKeys,
    .arguments = kArguments,
    .tips = kTips,
    .run = [](CommandContext& c) { reply_field_deadlines(c, TimeUnit::seconds, TimeOrigin::now); },
};

REDSTART_COMMAND(hpttl) = {
    .name = "hpttl",
    .summary = "Tells how many milliseconds fields of a hash have to live.",
    .complexity = "O(N) in the number of fields.",
    .since = "7.4.0",
    .group = CommandGroup::hash,
    .arity = -5,
    .flags = kReadonly | kFast,
    .acl_categories = "hash",
    .keys = kKeys,
    .arguments = kArguments,
    .tips = kTips,
    .run =
        [](CommandContext& c) {
          reply_field_deadlines(c, TimeUnit::milliseconds, TimeOrigin::now);
        },
};

}  // namespace redstart
