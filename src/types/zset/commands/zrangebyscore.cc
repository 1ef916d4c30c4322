// ZRANGEBYSCORE key min max [WITHSCORES] [LIMIT offset count]: the members within a range of scores
#include "execution/command_context.h"
#include "types/zset/commands/range.h"

namespace redstart {
namespace {

void run(CommandContext& c) { run_range(c, {RangeBy::score, false}); }

constexpr KeySpec kKeys[] = {
    {.flags = kKeyRO | kKeyAccess, .index = 1, .last = 0},
};

constexpr Argument kArgumentsOffsetCount[] = {
    {.name = "offset", .type = ArgumentType::integer},
    {.name = "count", .type = ArgumentType::integer},
};

constexpr Argument kArguments[] = {
    {.name = "key", .type = ArgumentType::key, .key_spec = 0},
    {.name = "min", .type = ArgumentType::number},
    {.name = "max", .type = ArgumentType::number},
    {.name = "withscores",
     .type = ArgumentType::pure_token,
     .token = "WITHSCORES",
     .flags = kOptional,
     .since = "2.0.0"},
    {.name = "offset_count",
     .type = ArgumentType::block,
     .token = "LIMIT",
     .flags = kOptional,
     .children = kArgumentsOffsetCount},
};

}  // namespace

REDSTART_COMMAND(zrangebyscore) = {
    .name = "zrangebyscore",
    .summary = "Gives the members whose scores lie within a range.",
    .complexity = "O(log(N) + M), N: members of the set, M: members skipped and returned",
    .since = "1.0.5",
    .group = CommandGroup::sorted_set,
    .arity = -4,
    .flags = kReadonly,
    .acl_categories = "sortedset",
    .keys = kKeys,
    .arguments = kArguments,
    .deprecated_since = "6.2.0",
    .replaced_by = "ZRANGE BYSCORE",
    .run = run,
};

}  // namespace redstart
