// ZREVRANGEBYSCORE key max min [WITHSCORES] [LIMIT offset count]: the same, the highest first
#include "execution/command_context.h"
#include "types/zset/commands/range.h"

namespace redstart {
namespace {

void run(CommandContext& c) { run_range(c, {RangeBy::score, true}); }

constexpr KeySpec kKeys[] = {
    {.flags = kKeyRO | kKeyAccess, .index = 1, .last = 0},
};

constexpr Argument kArgumentsOffsetCount[] = {
    {.name = "offset", .type = ArgumentType::integer},
    {.name = "count", .type = ArgumentType::integer},
};

constexpr Argument kArguments[] = {
    {.name = "key", .type = ArgumentType::key, .key_spec = 0},
    {.name = "max", .type = ArgumentType::number},
    {.name = "min", .type = ArgumentType::number},
    {.name = "withscores",
     .type = ArgumentType::pure_token,
     .token = "WITHSCORES",
     .flags = kOptional},
    {.name = "offset_count",
     .type = ArgumentType::block,
     .token = "LIMIT",
     .flags = kOptional,
     .children = kArgumentsOffsetCount},
};

constexpr HistoryEntry kHistory[] = {
    {"2.1.6", "Ends may be exclusive."},
};

}  // namespace

REDSTART_COMMAND(zrevrangebyscore) = {
    .name = "zrevrangebyscore",
    .summary = "Gives the members whose scores lie within a range, the highest first.",
    .complexity = "O(log(N) + M), N: members of the set, M: members skipped and returned",
    .since = "2.2.0",
    .group = CommandGroup::sorted_set,
    .arity = -4,
    .flags = kReadonly,
    .acl_categories = "sortedset",
    .keys = kKeys,
    .arguments = kArguments,
    .deprecated_since = "6.2.0",
    .replaced_by = "ZRANGE REV BYSCORE",
    .history = kHistory,
    .run = run,
};

}  // namespace redstart
