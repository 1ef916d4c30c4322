// ZINTER numkeys key ... [WEIGHTS weight ...] [AGGREGATE SUM|MIN|MAX] [WITHSCORES]: what all the
// sets hold
#include "execution/command_context.h"
#include "types/zset/commands/algebra.h"

namespace redstart {
namespace {

void run(CommandContext& c) { run_algebra(c, ZsetOperation::intersection); }

constexpr KeySpec kKeys[] = {
    counted_keys(kKeyRO | kKeyAccess, 1),
};

}  // namespace

REDSTART_COMMAND(zinter) = {
    .name = "zinter",
    .summary = "Gives the intersection of sorted sets.",
    .complexity =
        "O(N*K + M*log(M)), N: members of the smallest set, K: sets, M: members of the result",
    .since = "6.2.0",
    .group = CommandGroup::sorted_set,
    .arity = -3,
    .flags = kReadonly | kMovableKeys,
    .acl_categories = "sortedset",
    .keys = kKeys,
    .arguments = kAlgebraArguments,
    .run = run,
};

}  // namespace redstart
