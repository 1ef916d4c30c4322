// ZINTERSTORE destination numkeys key ... [WEIGHTS weight ...] [AGGREGATE SUM|MIN|MAX]: keeps an
// intersection
#include "execution/command_context.h"
#include "types/zset/commands/algebra.h"

namespace redstart {
namespace {

void run(CommandContext& c) { run_algebra_store(c, ZsetOperation::intersection); }

constexpr KeySpec kKeys[] = {
    {.flags = kKeyOW | kKeyUpdate, .index = 1, .last = 0},
    counted_keys(kKeyRO | kKeyAccess, 2),
};

}  // namespace

REDSTART_COMMAND(zinterstore) = {
    .name = "zinterstore",
    .summary = "Keeps the intersection of sorted sets under a key.",
    .complexity =
        "O(N*K + M*log(M)), N: members of the smallest set, K: sets, M: members of the result",
    .since = "2.0.0",
    .group = CommandGroup::sorted_set,
    .arity = -4,
    .flags = kWrite | kDenyOom | kMovableKeys,
    .acl_categories = "sortedset",
    .keys = kKeys,
    .arguments = kAlgebraStoreArguments,
    .run = run,
};

}  // namespace redstart
