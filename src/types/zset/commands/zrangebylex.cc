// ZRANGEBYLEX key min max [LIMIT offset count]: the members within a range of names
// ZREVRANGEBYLEX key max min [LIMIT offset count]: the same, the last first
#include "execution/command_context.h"
#include "types/zset/commands/range.h"

namespace redstart {
namespace {

constexpr KeySpec kKeys[] = {
    {.flags = kKeyRO | kKeyAccess, .index = 1, .last = 0},
};

constexpr Argument kArgumentsOffsetCount[] = {
    {.name = "offset", .type = ArgumentType::integer},
    {.name = "count", .type = ArgumentType::integer},
};

constexpr Argument kZrangebylexArguments[] = {
    {.name = "key", .type = ArgumentType::key, .key_spec = 0},
    {.name = "min", .type = ArgumentType::string},
    {.name = "max", .type = ArgumentType::string},
    {.name = "offset_count",
     .type = ArgumentType::block,
     .token = "LIMIT",
     .flags = kOptional,
     .children = kArgumentsOffsetCount},
};

constexpr Argument kZrevrangebylexArguments[] = {
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

REDSTART_COMMAND(zrangebylex) = {
    .name = "zrangebylex",
    .summary = "Gives the members that lie within a range in byte order.",
    .complexity = "O(log(N) + M), N: members of the set, M: members skipped and returned",
    .since = "2.8.9",
    .group = CommandGroup::sorted_set,
    .arity = -4,
    .flags = kReadonly,
    .acl_categories = "sortedset",
    .keys = kKeys,
    .arguments = kZrangebylexArguments,
    .deprecated_since = "6.2.0",
    .replaced_by = "ZRANGE BYLEX",
    .run =
        [](CommandContext& c) {
          run_range(c, {RangeBy::lex, false});
        },
};

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
    .arguments = kZrevrangebylexArguments,
    .deprecated_since = "6.2.0",
    .replaced_by = "ZRANGE REV BYLEX",
    .run =
        [](CommandContext& c) {
          run_range(c, {RangeBy::lex, true});
        },
};

}  // namespace redstart
