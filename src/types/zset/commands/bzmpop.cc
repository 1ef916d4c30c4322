// BZMPOP timeout numkeys key ... MIN|MAX [COUNT count]: ZMPOP that waits
#include "execution/command_context.h"
#include "types/zset/commands/pop.h"

namespace redstart {
namespace {

void run(CommandContext& c) { run_blocking_multi_pop(c); }

constexpr KeySpec kKeys[] = {
    counted_keys(kKeyRW | kKeyAccess | kKeyDelete, 2),
};

constexpr Argument kArgumentsWhere[] = {
    {.name = "min", .type = ArgumentType::pure_token, .token = "MIN"},
    {.name = "max", .type = ArgumentType::pure_token, .token = "MAX"},
};

constexpr Argument kArguments[] = {
    {.name = "timeout", .type = ArgumentType::number},
    {.name = "numkeys", .type = ArgumentType::integer},
    {.name = "key", .type = ArgumentType::key, .key_spec = 0, .flags = kMultiple},
    {.name = "where", .type = ArgumentType::one_of, .children = kArgumentsWhere},
    {.name = "count", .type = ArgumentType::integer, .token = "COUNT", .flags = kOptional},
};

}  // namespace

REDSTART_COMMAND(bzmpop) = {
    .name = "bzmpop",
    .summary =
        "Takes lowest or highest members out of the first set that has any, waiting for them.",
    .complexity =
        "O(K + M*log(N)), K: keys, M: members popped, N: members of the set they come from",
    .since = "7.0.0",
    .group = CommandGroup::sorted_set,
    .arity = -5,
    .flags = kWrite | kBlocking | kMovableKeys,
    .acl_categories = "sortedset",
    .keys = kKeys,
    .arguments = kArguments,
    .run = run,
};

}  // namespace redstart
