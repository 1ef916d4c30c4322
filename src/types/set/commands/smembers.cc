// SMEMBERS key: lists the members of a set.
#include "execution/command_context.h"
#include "types/set/commands/algebra.h"

namespace redstart {
namespace {

void run(CommandContext& c) { run_set_algebra(c, SetOperation::unite); }

constexpr KeySpec kKeys[] = {
    {.flags = kKeyRO | kKeyAccess, .index = 1, .last = 0},
};

constexpr Argument kArguments[] = {
    {.name = "key", .type = ArgumentType::key, .key_spec = 0},
};

constexpr std::string_view kTips[] = {"nondeterministic_output_order"};

}  // namespace

REDSTART_COMMAND(smembers) = {
    .name = "smembers",
    .summary = "Lists the members of a set.",
    .complexity = "O(N), N: members of the set",
    .since = "1.0.0",
    .group = CommandGroup::set,
    .arity = 2,
    .flags = kReadonly,
    .acl_categories = "set",
    .keys = kKeys,
    .arguments = kArguments,
    .tips = kTips,
    .run = run,
};

}  // namespace redstart
