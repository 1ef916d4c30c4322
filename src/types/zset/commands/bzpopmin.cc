// BZPOPMIN key ... timeout: takes out the lowest member, waiting for one
// BZPOPMAX key ... timeout: takes out the highest member, waiting for one
#include "execution/command_context.h"
#include "types/zset/commands/pop.h"

namespace redstart {
namespace {

constexpr KeySpec kKeys[] = {
    {.flags = kKeyRW | kKeyAccess | kKeyDelete, .index = 1, .last = -2},
};

constexpr Argument kArguments[] = {
    {.name = "key", .type = ArgumentType::key, .key_spec = 0, .flags = kMultiple},
    {.name = "timeout", .type = ArgumentType::number},
};

constexpr HistoryEntry kHistory[] = {
    {"6.0.0", "`timeout` may have a fraction."},
};

}  // namespace

REDSTART_COMMAND(bzpopmin) = {
    .name = "bzpopmin",
    .summary =
        "Takes the member with the lowest score out of the first set that has one, waiting for it.",
    .complexity = "O(log(N)), N: members of the set",
    .since = "5.0.0",
    .group = CommandGroup::sorted_set,
    .arity = -3,
    .flags = kWrite | kNoScript | kBlocking | kFast,
    .acl_categories = "sortedset",
    .keys = kKeys,
    .arguments = kArguments,
    .history = kHistory,
    .run = [](CommandContext& c) { run_blocking_pop(c, ZsetEnd::lowest); },
};

REDSTART_COMMAND(bzpopmax) = {
    .name = "bzpopmax",
    .summary =
        "Takes the member with the highest score out of the first set that has one, waiting for "
        "it.",
    .complexity = "O(log(N)), N: members of the set",
    .since = "5.0.0",
    .group = CommandGroup::sorted_set,
    .arity = -3,
    .flags = kWrite | kNoScript | kBlocking | kFast,
    .acl_categories = "sortedset",
    .keys = kKeys,
    .arguments = kArguments,
    .history = kHistory,
    .run = [](CommandContext& c) { run_blocking_pop(c, ZsetEnd::highest); },
};

}  // namespace redstart
