// ZRANGE key start stop [BYSCORE|BYLEX] [REV] [LIMIT offset count] [WITHSCORES]: a range of members
#include "execution/command_context.h"
#include "types/zset/commands/range.h"

namespace redstart {
namespace {

void run(CommandContext& c) { run_range(c, {}); }

constexpr KeySpec kKeys[] = {
    {.flags = kKeyRO | kKeyAccess, .index = 1, .last = 0},
};

constexpr Argument kArgumentsSortby[] = {
    {.name = "byscore", .type = ArgumentType::pure_token, .token = "BYSCORE"},
    {.name = "bylex", .type = ArgumentType::pure_token, .token = "BYLEX"},
};

constexpr Argument kArgumentsOffsetCount[] = {
    {.name = "offset", .type = ArgumentType::integer},
    {.name = "count", .type = ArgumentType::integer},
};

constexpr Argument kArguments[] = {
    {.name = "key", .type = ArgumentType::key, .key_spec = 0},
    {.name = "start", .type = ArgumentType::string},
    {.name = "stop", .type = ArgumentType::string},
    {.name = "sortby",
     .type = ArgumentType::one_of,
     .flags = kOptional,
     .since = "6.2.0",
     .children = kArgumentsSortby},
    {.name = "rev",
     .type = ArgumentType::pure_token,
     .token = "REV",
     .flags = kOptional,
     .since = "6.2.0"},
    {.name = "offset_count",
     .type = ArgumentType::block,
     .token = "LIMIT",
     .flags = kOptional,
     .since = "6.2.0",
     .children = kArgumentsOffsetCount},
    {.name = "withscores",
     .type = ArgumentType::pure_token,
     .token = "WITHSCORES",
     .flags = kOptional},
};

}  // namespace

REDSTART_COMMAND(zrange) = {
    .name = "zrange",
    .summary = "Gives the members within a range of ranks, scores or names.",
    .complexity = "O(log(N) + M), N: members of the set, M: members returned",
    .since = "1.2.0",
    .group = CommandGroup::sorted_set,
    .arity = -4,
    .flags = kReadonly,
    .acl_categories = "sortedset",
    .keys = kKeys,
    .arguments = kArguments,
    .run = run,
};

}  // namespace redstart
