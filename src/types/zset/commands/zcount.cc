// ZCOUNT key min max: how many scores lie within a range
#include "execution/command_context.h"
#include "types/zset/commands/range.h"

namespace redstart {
namespace {

void run(CommandContext& c) { run_count_range(c, RangeBy::score); }

constexpr KeySpec kKeys[] = {
    {.flags = kKeyRO | kKeyAccess, .index = 1, .last = 0},
};

constexpr Argument kArguments[] = {
    {.name = "key", .type = ArgumentType::key, .key_spec = 0},
    {.name = "min", .type = ArgumentType::number},
    {.name = "max", .type = ArgumentType::number},
};

}  // namespace

REDSTART_COMMAND(zcount) = {
    .name = "zcount",
    .summary = "Counts the members whose scores lie within a range.",
    .complexity = "O(log(N)), N: members of the set",
    .since = "2.0.0",
    .group = CommandGroup::sorted_set,
    .arity = 4,
    .flags = kReadonly | kFast,
    .acl_categories = "sortedset",
    .keys = kKeys,
    .arguments = kArguments,
    .run = run,
};

}  // namespace redstart
