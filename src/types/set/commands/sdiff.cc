// SDIFF key [key ...]: gives the members of the first set that none of the others has.
#include "execution/command_context.h"
#include "types/set/commands/algebra.h"

namespace redstart {
namespace {

void run(CommandContext& c) { run_set_algebra(c, SetOperation::subtract); }

constexpr KeySpec kKeys[] = {
    {.flags = kKeyRO | kKeyAccess, .index = 1, .last = -1},
};

constexpr Argument kArguments[] = {
    {.name = "key", .type = ArgumentType::key, .key_spec = 0, .flags = kMultiple},
};

constexpr std::string_view kTips[] = {"nondeterministic_output_order"};

}  // namespace

REDSTART_COMMAND(sdiff) = {
    .name = "sdiff",
    .summary = "Gives the members of the first set that none of the others has.",
    .complexity = "O(N), N: members of all sets",
    .since = "1.0.0",
    .group = CommandGroup::set,
    .arity = -2,
    .flags = kReadonly,
    .acl_categories = "set",
    .keys = kKeys,
    .arguments = kArguments,
    .tips = kTips,
    .run = run,
};

}  // namespace redstart
