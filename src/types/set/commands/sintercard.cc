// SINTERCARD numkeys key [key ...] [LIMIT limit]:
// counts the members that all of the sets have, up to a limit.
#include "execution/command_context.h"
#include "types/set/commands/algebra.h"

namespace redstart {
namespace {

void run(CommandContext& c) { run_set_intersection_size(c); }

constexpr KeySpec kKeys[] = {
    counted_keys(kKeyRO | kKeyAccess, 1),
};

constexpr Argument kArguments[] = {
    {.name = "numkeys", .type = ArgumentType::integer},
    {.name = "key", .type = ArgumentType::key, .key_spec = 0, .flags = kMultiple},
    {.name = "limit", .type = ArgumentType::integer, .token = "LIMIT", .flags = kOptional},
};

}  // namespace

REDSTART_COMMAND(sintercard) = {
    .name = "sintercard",
    .summary = "Counts the members that all of the sets have, up to a limit.",
    .complexity = "O(N*K), N: members of the smallest set, K: sets",
    .since = "7.0.0",
    .group = CommandGroup::set,
    .arity = -3,
    .flags = kReadonly | kMovableKeys,
    .acl_categories = "set",
    .keys = kKeys,
    .arguments = kArguments,
    .run = run,
};

}  // namespace redstart
