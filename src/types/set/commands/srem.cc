// SREM
#include "execution/command_context.h"

namespace redstart {
namespace {

void run(CommandContext& c) {
  // IMPLEMENT
}

constexpr KeySpec kKeys[] = {
    {.flags = kKeyRW | kKeyDelete, .index = 1, .last = 0},
};

constexpr Argument kArguments[] = {
    {.name = "key", .type = ArgumentType::key, .key_spec = 0},
    {.name = "member", .type = ArgumentType::string, .flags = kMultiple},
};

}  // namespace

const CommandSpec srem_command = {
    .name = "srem",
    .summary = "",
    .complexity = "O(N) where N is the number of members to be removed.",
    .since = "1.0.0",
    .group = CommandGroup::set,
    .arity = -3,
    .flags = kWrite | kFast,
    .acl_categories = "set",
    .keys = kKeys,
    .arguments = kArguments,
    .run = run,
};

}  // namespace redstart
