// SDIFFSTORE destination key [key ...]:
// stores the members of the first set that none of the others has.
// SINTERSTORE destination key [key ...]: stores the members that all of the sets have.
// SUNIONSTORE destination key [key ...]: stores the members that at least one of the sets has.
#include "execution/command_context.h"
#include "types/set/commands/algebra.h"

namespace redstart {
namespace {

constexpr KeySpec kSdiffstoreKeys[] = {
    {.flags = kKeyOW | kKeyUpdate, .index = 1, .last = 0},
    {.flags = kKeyRO | kKeyAccess, .index = 2, .last = -1},
};

constexpr KeySpec kSinterstoreKeys[] = {
    {.flags = kKeyRW | kKeyUpdate, .index = 1, .last = 0},
    {.flags = kKeyRO | kKeyAccess, .index = 2, .last = -1},
};

constexpr Argument kArguments[] = {
    {.name = "destination", .type = ArgumentType::key, .key_spec = 0},
    {.name = "key", .type = ArgumentType::key, .key_spec = 1, .flags = kMultiple},
};

}  // namespace

REDSTART_COMMAND(sdiffstore) = {
    .name = "sdiffstore",
    .summary = "Stores the members of the first set that none of the others has.",
    .complexity = "O(N), N: members of all sets",
    .since = "1.0.0",
    .group = CommandGroup::set,
    .arity = -3,
    .flags = kWrite | kDenyOom,
    .acl_categories = "set",
    .keys = kSdiffstoreKeys,
    .arguments = kArguments,
    .run = [](CommandContext& c) { run_set_algebra_store(c, SetOperation::subtract); },
};

REDSTART_COMMAND(sinterstore) = {
    .name = "sinterstore",
    .summary = "Stores the members that all of the sets have.",
    .complexity = "O(N*K), N: members of the smallest set, K: sets",
    .since = "1.0.0",
    .group = CommandGroup::set,
    .arity = -3,
    .flags = kWrite | kDenyOom,
    .acl_categories = "set",
    .keys = kSinterstoreKeys,
    .arguments = kArguments,
    .run = [](CommandContext& c) { run_set_algebra_store(c, SetOperation::intersect); },
};

REDSTART_COMMAND(sunionstore) = {
    .name = "sunionstore",
    .summary = "Stores the members that at least one of the sets has.",
    .complexity = "O(N), N: members of all sets",
    .since = "1.0.0",
    .group = CommandGroup::set,
    .arity = -3,
    .flags = kWrite | kDenyOom,
    .acl_categories = "set",
    .keys = kSdiffstoreKeys,
    .arguments = kArguments,
    .run = [](CommandContext& c) { run_set_algebra_store(c, SetOperation::unite); },
};

}  // namespace redstart
