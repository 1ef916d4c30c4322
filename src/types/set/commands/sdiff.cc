// SDIFF key [key ...]: gives the members of the first set that none of the others has.
// SINTER key [key ...]: gives the members that all of the sets have.
// SUNION key [key ...]: gives the members that at least one of the sets has.
#include "execution/command_context.h"
#include "types/set/commands/algebra.h"

namespace redstart {
namespace {

constexpr KeySpec kKeys[] = {
    {.flags = kKeyRO | kKeyAccess, .index = 1, .last = -1},
};

constexpr Argument kArguments[] = {
    {.name = "key", .type = ArgumentType::key, .key_spec = 0, .flags = kMultiple},
};

constexpr std::string_view kTips[] = {"nondeterministic_output_order"};

}  // namespace

REDSTART_COMMAND(sdiff) = {
    .name = "sdiff",
    .summary = "Gives the members of the first set that none of the others has.",
    .complexity = "O(N), N: members of all sets",
    .since = "1.0.0",
    .group = CommandGroup::set,
    .arity = -2,
    .flags = kReadonly,
    .acl_categories = "set",
    .keys = kKeys,
    .arguments = kArguments,
    .tips = kTips,
    .run = [](CommandContext& c) { run_set_algebra(c, SetOperation::subtract); },
};

REDSTART_COMMAND(sinter) = {
    .name = "sinter",
    .summary = "Gives the members that all of the sets have.",
    .complexity = "O(N*K), N: members of the smallest set, K: sets",
    .since = "1.0.0",
    .group = CommandGroup::set,
    .arity = -2,
    .flags = kReadonly,
    .acl_categories = "set",
    .keys = kKeys,
    .arguments = kArguments,
    .tips = kTips,
    .run = [](CommandContext& c) { run_set_algebra(c, SetOperation::intersect); },
};

REDSTART_COMMAND(sunion) = {
    .name = "sunion",
    .summary = "Gives the members that at least one of the sets has.",
    .complexity = "O(N), N: members of all sets",
    .since = "1.0.0",
    .group = CommandGroup::set,
    .arity = -2,
    .flags = kReadonly,
    .acl_categories = "set",
    .keys = kKeys,
    .arguments = kArguments,
    .tips = kTips,
    .run = [](CommandContext& c) { run_set_algebra(c, SetOperation::unite); },
};

}  // namespace redstart
