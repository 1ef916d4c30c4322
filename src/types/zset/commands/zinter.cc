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
        "O(N*K)+O(M*log(M)) worst case with N being the smallest input sorted set, K being the "
        "number of input sorted sets and M being the number of elements in the resulting sorted "
        "set.",
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
