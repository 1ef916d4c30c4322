// ZUNION numkeys key ... [WEIGHTS weight ...] [AGGREGATE SUM|MIN|MAX] [WITHSCORES]: what any of the
// sets holds
#include "execution/command_context.h"
#include "types/zset/commands/algebra.h"

namespace redstart {
namespace {

void run(CommandContext& c) { run_algebra(c, ZsetOperation::union_); }

constexpr KeySpec kKeys[] = {
    counted_keys(kKeyRO | kKeyAccess, 1),
};

}  // namespace

REDSTART_COMMAND(zunion) = {
    .name = "zunion",
    .summary = "Gives the union of sorted sets.",
    .complexity = "O(N + M*log(M)), N: members of all sets, M: members of the result",
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
