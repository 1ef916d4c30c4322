// WATCH
#include "execution/command_context.h"

namespace redstart {
namespace {

void run(CommandContext& c) {
  // IMPLEMENT
}

constexpr KeySpec kKeys[] = {
    {.flags = kKeyRO, .index = 1, .last = -1},
};

constexpr Argument kArguments[] = {
    {.name = "key", .type = ArgumentType::key, .key_spec = 0, .flags = kMultiple},
};

}  // namespace

const CommandSpec watch_command = {
    .name = "watch",
    .summary = "",
    .complexity = "O(1) for every key.",
    .since = "2.2.0",
    .group = CommandGroup::transactions,
    .arity = -2,
    .flags = kNoScript | kLoading | kStale | kFast | kAllowBusy,
    .acl_categories = "transaction",
    .keys = kKeys,
    .arguments = kArguments,
    .run = run,
};

}  // namespace redstart
