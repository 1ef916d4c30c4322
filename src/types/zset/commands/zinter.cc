// ZINTER numkeys key ... [WEIGHTS weight ...] [AGGREGATE SUM|MIN|MAX] [WITHSCORES]: what all the
// sets hold
#include "execution/command_context.h"
#include "types/zset/commands/algebra.h"

namespace redstart {
namespace {

void run(CommandContext& c) { run_algebra(c, ZsetOperation::intersection); }

constexpr KeySpec kKeys[] = {
    {.flags = kKeyRO | kKeyAccess,
     .index = 1,
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
    {.name = "numkeys", .type = ArgumentType::integer},
    {.name = "key", .type = ArgumentType::key, .key_spec = 0, .flags = kMultiple},
    {.name = "weight",
     .type = ArgumentType::integer,
     .token = "WEIGHTS",
     .flags = kOptional | kMultiple},
    {.name = "aggregate",
     .type = ArgumentType::one_of,
     .token = "AGGREGATE",
     .flags = kOptional,
     .children = kArgumentsAggregate},
    {.name = "withscores",
     .type = ArgumentType::pure_token,
     .token = "WITHSCORES",
     .flags = kOptional},
};

}  // namespace

const CommandSpec zinter_command = {
    .name = "zinter",
    .summary = "Gives the intersection of sorted sets.",
    .complexity =
        "O(N*K)+O(M*log(M)) worst case with N being the smallest input sorted set, K being the "
        "number of input sorted sets and M being the number of elements in the resulting sorted "
        "set.",
    .since = "6.2.0",
    .group = CommandGroup::sorted_set,
    .arity = -3,
    .flags = kReadonly | kMovableKeys,
    .acl_categories = "sortedset",
    .keys = kKeys,
    .arguments = kArguments,
    .run = run,
};

}  // namespace redstart
