// SDIFFSTORE destination key [key ...]:
// stores the members of the first set that none of the others has.
#include "execution/command_context.h"
#include "types/set/commands/algebra.h"

namespace redstart {
namespace {

void run(CommandContext& c) { run_set_algebra_store(c, SetOperation::subtract); }

constexpr KeySpec kKeys[] = {
    {.flags = kKeyOW | kKeyUpdate, .index = 1, .last = 0},
    {.flags = kKeyRO | kKeyAccess, .index = 2, .last = -1},
};

constexpr Argument kArguments[] = {
    {.name = "destination", .type = ArgumentType::key, .key_spec = 0},
    {.name = "key", .type = ArgumentType::key, .key_spec = 1, .flags = kMultiple},
};

}  // namespace

REDSTART_COMMAND(sdiffstore) = {
    .name = "sdiffstore",
    .summary = "Stores the members of the first set that none of the others has.",
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
