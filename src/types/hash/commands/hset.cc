// HSET key field value [field value ...]:
// sets fields of a hash and replies how many of them are new.
// HMSET key field value [field value ...]: sets fields of a hash and replies OK.
#include "execution/command_context.h"
#include "types/hash/commands/fields.h"

namespace redstart {
namespace {

constexpr KeySpec kKeys[] = {
    {.flags = kKeyRW | kKeyUpdate, .index = 1, .last = 0},
};

constexpr Argument kArgumentsFieldValue[] = {
    {.name = "field", .type = ArgumentType::string},
    {.name = "value", .type = ArgumentType::string},
};

constexpr Argument kArguments[] = {
    {.name = "key", .type = ArgumentType::key, .key_spec = 0},
    {.name = "field_value",
     .type = ArgumentType::block,
     .flags = kMultiple,
     .children = kArgumentsFieldValue},
};

constexpr HistoryEntry kHistory[] = {
    {"4.0.0", "Takes several fields and values."},
};

}  // namespace

REDSTART_COMMAND(hset) = {
    .name = "hset",
    .summary = "Sets fields of a hash and replies how many of them are new.",
    .complexity = "O(N), N: fields given",
    .since = "2.0.0",
    .group = CommandGroup::hash,
    .arity = -4,
    .flags = kWrite | kDenyOom | kFast,
    .acl_categories = "hash",
    .element_index = 2,
    .keys = kKeys,
    .arguments = kArguments,
    .history = kHistory,
    .run = [](CommandContext& c) { run_hash_set(c, HashSetReply::created_count); },
};

REDSTART_COMMAND(hmset) = {
    .name = "hmset",
    .summary = "Sets fields of a hash and replies OK.",
    .complexity = "O(N), N: fields given",
    .since = "2.0.0",
    .group = CommandGroup::hash,
    .arity = -4,
    .flags = kWrite | kDenyOom | kFast,
    .acl_categories = "hash",
    .element_index = 2,
    .keys = kKeys,
    .arguments = kArguments,
    .deprecated_since = "4.0.0",
    .replaced_by = "HSET",
    .run = [](CommandContext& c) { run_hash_set(c, HashSetReply::ok); },
};

}  // namespace redstart
