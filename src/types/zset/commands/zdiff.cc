// ZDIFF numkeys key ... [WITHSCORES]: what only the first set holds
#include "execution/command_context.h"
#include "types/zset/commands/algebra.h"

namespace redstart {
namespace {

void run(CommandContext& c) { run_algebra(c, ZsetOperation::difference); }

constexpr KeySpec kKeys[] = {
    counted_keys(kKeyRO | kKeyAccess, 1),
};

constexpr Argument kArguments[] = {
    {.name = "numkeys", .type = ArgumentType::integer},
    {.name = "key", .type = ArgumentType::key, .key_spec = 0, .flags = kMultiple},
    {.name = "withscores",
     .type = ArgumentType::pure_token,
     .token = "WITHSCORES",
     .flags = kOptional},
};

}  // namespace

REDSTART_COMMAND(zdiff) = {
    .name = "zdiff",
    .summary = "Gives what the first sorted set holds and the others do not.",
    .complexity = "O(L + K*log(K)), L: members of all sets, K: members of the result",
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
