// SUNIONSTORE destination key [key ...]: stores the members that at least one of the sets has.
#include "execution/command_context.h"
#include "types/set/commands/algebra.h"

namespace redstart {
namespace {

void run(CommandContext& c) { run_set_algebra_store(c, SetOperation::unite); }

constexpr KeySpec kKeys[] = {
    {.flags = kKeyOW | kKeyUpdate, .index = 1, .last = 0},
    {.flags = kKeyRO | kKeyAccess, .index = 2, .last = -1},
};

constexpr Argument kArguments[] = {
    {.name = "destination", .type = ArgumentType::key, .key_spec = 0},
    {.name = "key", .type = ArgumentType::key, .key_spec = 1, .flags = kMultiple},
};

}  // namespace

REDSTART_COMMAND(sunionstore) = {
    .name = "sunionstore",
    .summary = "Stores the members that at least one of the sets has.",
    .complexity = "O(N), N: members of all sets",
    .since = "1.0.0",
    .group = CommandGroup::set,
    .arity = -3,
    .flags = kWrite | kDenyOom,
    .acl_categories = "set",
    .keys = kKeys,
    .arguments = kArguments,
    .run = run,
};

}  // namespace redstart
