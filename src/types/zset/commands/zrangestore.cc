// ZRANGESTORE destination source start stop [BYSCORE|BYLEX] [REV] [LIMIT offset count]: keeps a
// range
#include "execution/command_context.h"
#include "types/zset/commands/range.h"

namespace redstart {
namespace {

void run(CommandContext& c) { run_range_store(c); }

constexpr KeySpec kKeys[] = {
    {.flags = kKeyOW | kKeyUpdate, .index = 1, .last = 0},
    {.flags = kKeyRO | kKeyAccess, .index = 2, .last = 0},
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
    {.name = "dst", .type = ArgumentType::key, .key_spec = 0},
    {.name = "src", .type = ArgumentType::key, .key_spec = 1},
    {.name = "min", .type = ArgumentType::string},
    {.name = "max", .type = ArgumentType::string},
    {.name = "sortby",
     .type = ArgumentType::one_of,
     .flags = kOptional,
     .children = kArgumentsSortby},
    {.name = "rev", .type = ArgumentType::pure_token, .token = "REV", .flags = kOptional},
    {.name = "offset_count",
     .type = ArgumentType::block,
     .token = "LIMIT",
     .flags = kOptional,
     .children = kArgumentsOffsetCount},
};

}  // namespace

REDSTART_COMMAND(zrangestore) = {
    .name = "zrangestore",
    .summary = "Keeps a range of a sorted set under another key.",
    .complexity = "O(log(N) + M*log(M)), N: members of the source, M: members stored",
    .since = "6.2.0",
    .group = CommandGroup::sorted_set,
    .arity = -5,
    .flags = kWrite | kDenyOom,
    .acl_categories = "sortedset",
    .keys = kKeys,
    .arguments = kArguments,
    .run = run,
};

}  // namespace redstart
