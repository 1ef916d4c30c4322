// ZDIFFSTORE destination numkeys key ...: keeps a difference
#include "execution/command_context.h"
#include "types/zset/commands/algebra.h"

namespace redstart {
namespace {

void run(CommandContext& c) { run_algebra_store(c, ZsetOperation::difference); }

constexpr KeySpec kKeys[] = {
    {.flags = kKeyOW | kKeyUpdate, .index = 1, .last = 0},
    counted_keys(kKeyRO | kKeyAccess, 2),
};

constexpr Argument kArguments[] = {
    {.name = "destination", .type = ArgumentType::key, .key_spec = 0},
    {.name = "numkeys", .type = ArgumentType::integer},
    {.name = "key", .type = ArgumentType::key, .key_spec = 1, .flags = kMultiple},
};

}  // namespace

REDSTART_COMMAND(zdiffstore) = {
    .name = "zdiffstore",
    .summary = "Keeps under a key what the first sorted set holds and the others do not.",
    .complexity = "O(L + K*log(K)), L: members of all sets, K: members of the result",
    .since = "6.2.0",
    .group = CommandGroup::sorted_set,
    .arity = -4,
    .flags = kWrite | kDenyOom | kMovableKeys,
    .acl_categories = "sortedset",
    .keys = kKeys,
    .arguments = kArguments,
    .run = run,
};

}  // namespace redstart
