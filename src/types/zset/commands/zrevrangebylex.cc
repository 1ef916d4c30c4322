// ZREVRANGEBYLEX key max min [LIMIT offset count]: the same, the last first
#include "execution/command_context.h"
#include "types/zset/commands/range.h"

namespace redstart {
namespace {

void run(CommandContext& c) { run_range(c, {RangeBy::lex, true}); }

constexpr KeySpec kKeys[] = {
    {.flags = kKeyRO | kKeyAccess, .index = 1, .last = 0},
};

constexpr Argument kArgumentsOffsetCount[] = {
    {.name = "offset", .type = ArgumentType::integer},
    {.name = "count", .type = ArgumentType::integer},
};

constexpr Argument kArguments[] = {
    {.name = "key", .type = ArgumentType::key, .key_spec = 0},
    {.name = "max", .type = ArgumentType::string},
    {.name = "min", .type = ArgumentType::string},
    {.name = "offset_count",
     .type = ArgumentType::block,
     .token = "LIMIT",
     .flags = kOptional,
     .children = kArgumentsOffsetCount},
};

}  // namespace

REDSTART_COMMAND(zrevrangebylex) = {
    .name = "zrevrangebylex",
    .summary = "Gives the members that lie within a range in byte order, the last first.",
    .complexity = "O(log(N) + M), N: members of the set, M: members skipped and returned",
    .since = "2.8.9",
    .group = CommandGroup::sorted_set,
    .arity = -4,
    .flags = kReadonly,
    .acl_categories = "sortedset",
    .keys = kKeys,
    .arguments = kArguments,
    .deprecated_since = "6.2.0",
    .replaced_by = "ZRANGE REV BYLEX",
    .run = run,
};

}  // namespace redstart
