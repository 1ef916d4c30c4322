// ZREMRANGEBYSCORE key min max: removes a range of scores
#include "execution/command_context.h"
#include "types/zset/commands/range.h"

namespace redstart {
namespace {

void run(CommandContext& c) { run_remove_range(c, RangeBy::score); }

constexpr KeySpec kKeys[] = {
    {.flags = kKeyRW | kKeyDelete, .index = 1, .last = 0},
};

constexpr Argument kArguments[] = {
    {.name = "key", .type = ArgumentType::key, .key_spec = 0},
    {.name = "min", .type = ArgumentType::number},
    {.name = "max", .type = ArgumentType::number},
};

}  // namespace

REDSTART_COMMAND(zremrangebyscore) = {
    .name = "zremrangebyscore",
    .summary = "Removes the members whose scores lie within a range.",
    .complexity = "O(log(N) + M), N: members of the set, M: members removed",
    .since = "1.2.0",
    .group = CommandGroup::sorted_set,
    .arity = 4,
    .flags = kWrite,
    .acl_categories = "sortedset",
    .keys = kKeys,
    .arguments = kArguments,
    .run = run,
};

}  // namespace redstart
