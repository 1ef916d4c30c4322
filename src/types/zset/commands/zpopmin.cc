// ZPOPMIN key [count]: takes out the lowest members
// ZPOPMAX key [count]: takes out the highest members
#include "execution/command_context.h"
#include "types/zset/commands/pop.h"

namespace redstart {
namespace {

constexpr KeySpec kKeys[] = {
    {.flags = kKeyRW | kKeyAccess | kKeyDelete, .index = 1, .last = 0},
};

constexpr Argument kArguments[] = {
    {.name = "key", .type = ArgumentType::key, .key_spec = 0},
    {.name = "count", .type = ArgumentType::integer, .flags = kOptional},
};

}  // namespace

REDSTART_COMMAND(zpopmin) = {
    .name = "zpopmin",
    .summary = "Takes the members with the lowest scores out.",
    .complexity = "O(M*log(N)), M: members popped, N: members of the set",
    .since = "5.0.0",
    .group = CommandGroup::sorted_set,
    .arity = -2,
    .flags = kWrite | kFast,
    .acl_categories = "sortedset",
    .keys = kKeys,
    .arguments = kArguments,
    .run = [](CommandContext& c) { run_pop(c, ZsetEnd::lowest); },
};

REDSTART_COMMAND(zpopmax) = {
    .name = "zpopmax",
    .summary = "Takes the members with the highest scores out.",
    .complexity = "O(M*log(N)), M: members popped, N: members of the set",
    .since = "5.0.0",
    .group = CommandGroup::sorted_set,
    .arity = -2,
    .flags = kWrite | kFast,
    .acl_categories = "sortedset",
    .keys = kKeys,
    .arguments = kArguments,
    .run = [](CommandContext& c) { run_pop(c, ZsetEnd::highest); },
};

}  // namespace redstart
