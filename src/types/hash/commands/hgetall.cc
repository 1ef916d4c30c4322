// HGETALL key: gives all fields of a hash with their values.
// HKEYS key: lists the fields of a hash.
// HVALS key: lists the values of a hash.
#include "execution/command_context.h"
#include "types/hash/commands/fields.h"

namespace redstart {
namespace {

constexpr KeySpec kKeys[] = {
    {.flags = kKeyRO | kKeyAccess, .index = 1, .last = 0},
};

constexpr Argument kArguments[] = {
    {.name = "key", .type = ArgumentType::key, .key_spec = 0},
};

constexpr std::string_view kTips[] = {"nondeterministic_output_order"};

}  // namespace

REDSTART_COMMAND(hgetall) = {
    .name = "hgetall",
    .summary = "Gives all fields of a hash with their values.",
    .complexity = "O(N), N: fields of the hash",
    .since = "2.0.0",
    .group = CommandGroup::hash,
    .arity = 2,
    .flags = kReadonly,
    .acl_categories = "hash",
    .keys = kKeys,
    .arguments = kArguments,
    .tips = kTips,
    .run = [](CommandContext& c) { run_hash_contents(c, HashPart::both); },
};

REDSTART_COMMAND(hkeys) = {
    .name = "hkeys",
    .summary = "Lists the fields of a hash.",
    .complexity = "O(N), N: fields of the hash",
    .since = "2.0.0",
    .group = CommandGroup::hash,
    .arity = 2,
    .flags = kReadonly,
    .acl_categories = "hash",
    .keys = kKeys,
    .arguments = kArguments,
    .tips = kTips,
    .run = [](CommandContext& c) { run_hash_contents(c, HashPart::fields); },
};

REDSTART_COMMAND(hvals) = {
    .name = "hvals",
    .summary = "Lists the values of a hash.",
    .complexity = "O(N), N: fields of the hash",
    .since = "2.0.0",
    .group = CommandGroup::hash,
    .arity = 2,
    .flags = kReadonly,
    .acl_categories = "hash",
    .keys = kKeys,
    .arguments = kArguments,
    .tips = kTips,
    .run = [](CommandContext& c) { run_hash_contents(c, HashPart::values); },
};

}  // namespace redstart
