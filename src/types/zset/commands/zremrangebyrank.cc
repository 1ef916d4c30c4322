// ZREMRANGEBYRANK key start stop: removes a range of ranks
#include "execution/command_context.h"
#include "types/zset/commands/range.h"

namespace redstart {
namespace {

void run(CommandContext& c) { run_remove_range(c, RangeBy::rank); }

constexpr KeySpec kKeys[] = {
    {.flags = kKeyRW | kKeyDelete, .index = 1, .last = 0},
};

constexpr Argument kArguments[] = {
    {.name = "key", .type = ArgumentType::key, .key_spec = 0},
    {.name = "start", .type = ArgumentType::integer},
    {.name = "stop", .type = ArgumentType::integer},
};

}  // namespace

REDSTART_COMMAND(zremrangebyrank) = {
    .name = "zremrangebyrank",
    .summary = "Removes the members within a range of ranks.",
    .complexity = "O(log(N) + M), N: members of the set, M: members removed",
    .since = "2.0.0",
    .group = CommandGroup::sorted_set,
    .arity = 4,
    .flags = kWrite,
    .acl_categories = "sortedset",
    .keys = kKeys,
    .arguments = kArguments,
    .run = run,
};

}  // namespace redstart
