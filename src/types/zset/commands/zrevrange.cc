// ZREVRANGE key start stop [WITHSCORES]: a range of ranks, the highest first
#include "execution/command_context.h"
#include "types/zset/commands/range.h"

namespace redstart {
namespace {

void run(CommandContext& c) { run_range(c, {RangeBy::rank, true}); }

constexpr KeySpec kKeys[] = {
    {.flags = kKeyRO | kKeyAccess, .index = 1, .last = 0},
};

constexpr Argument kArguments[] = {
    {.name = "key", .type = ArgumentType::key, .key_spec = 0},
    {.name = "start", .type = ArgumentType::integer},
    {.name = "stop", .type = ArgumentType::integer},
    {.name = "withscores",
     .type = ArgumentType::pure_token,
     .token = "WITHSCORES",
     .flags = kOptional},
};

}  // namespace

REDSTART_COMMAND(zrevrange) = {
    .name = "zrevrange",
    .summary = "Gives the members within a range of ranks counted from the highest score.",
    .complexity = "O(log(N) + M), N: members of the set, M: members returned",
    .since = "1.2.0",
    .group = CommandGroup::sorted_set,
    .arity = -4,
    .flags = kReadonly,
    .acl_categories = "sortedset",
    .keys = kKeys,
    .arguments = kArguments,
    .deprecated_since = "6.2.0",
    .replaced_by = "ZRANGE REV",
    .run = run,
};

}  // namespace redstart
