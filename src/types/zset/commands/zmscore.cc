// ZMSCORE
#include "execution/command_context.h"

namespace redstart {
namespace {

void run(CommandContext& c) {
  // IMPLEMENT
}

constexpr KeySpec kKeys[] = {
    {.flags = kKeyRO | kKeyAccess, .index = 1, .last = 0},
};

constexpr Argument kArguments[] = {
    {.name = "key", .type = ArgumentType::key, .key_spec = 0},
    {.name = "member", .type = ArgumentType::string, .flags = kMultiple},
};

}  // namespace

const CommandSpec zmscore_command = {
    .name = "zmscore",
    .summary = "",
    .complexity = "O(N) where N is the number of members being requested.",
    .since = "6.2.0",
    .group = CommandGroup::sorted_set,
    .arity = -3,
    .flags = kReadonly | kFast,
    .acl_categories = "sortedset",
    .keys = kKeys,
    .arguments = kArguments,
    .run = run,
};

}  // namespace redstart
