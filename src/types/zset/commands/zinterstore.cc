// ZINTERSTORE destination numkeys key ... [WEIGHTS weight ...] [AGGREGATE SUM|MIN|MAX]: keeps an
// intersection
#include "execution/command_context.h"
#include "types/zset/commands/algebra.h"

namespace redstart {
namespace {

void run(CommandContext& c) { run_algebra_store(c, ZsetOperation::intersection); }

constexpr KeySpec kKeys[] = {
    {.flags = kKeyOW | kKeyUpdate, .index = 1, .last = 0},
    {.flags = kKeyRO | kKeyAccess,
     .index = 2,
     .find = KeySpec::Find::keynum,
     .step = 1,
     .keynum_index = 0,
     .first = 1},
};

constexpr Argument kArgumentsAggregate[] = {
    {.name = "sum", .type = ArgumentType::pure_token, .token = "SUM"},
    {.name = "min", .type = ArgumentType::pure_token, .token = "MIN"},
    {.name = "max", .type = ArgumentType::pure_token, .token = "MAX"},
};

constexpr Argument kArguments[] = {
    {.name = "destination", .type = ArgumentType::key, .key_spec = 0},
    {.name = "numkeys", .type = ArgumentType::integer},
    {.name = "key", .type = ArgumentType::key, .key_spec = 1, .flags = kMultiple},
    {.name = "weight",
     .type = ArgumentType::integer,
     .token = "WEIGHTS",
     .flags = kOptional | kMultiple},
    {.name = "aggregate",
     .type = ArgumentType::one_of,
     .token = "AGGREGATE",
     .flags = kOptional,
     .children = kArgumentsAggregate},
};

}  // namespace

const CommandSpec zinterstore_command = {
    .name = "zinterstore",
    .summary = "Keeps the intersection of sorted sets under a key.",
    .complexity =
        "O(N*K)+O(M*log(M)) worst case with N being the smallest input sorted set, K being the "
        "number of input sorted sets and M being the number of elements in the resulting sorted "
        "set.",
    .since = "2.0.0",
    .group = CommandGroup::sorted_set,
    .arity = -4,
    .flags = kWrite | kDenyOom | kMovableKeys,
    .acl_categories = "sortedset",
    .keys = kKeys,
    .arguments = kArguments,
    .run = run,
};

}  // namespace redstart
