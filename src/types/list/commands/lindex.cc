// LINDEX
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
    {.name = "index", .type = ArgumentType::integer},
};

}  // namespace

const CommandSpec lindex_command = {
    .name = "lindex",
    .summary = "",
    .complexity = "O(N) where N is the number of elements to traverse to get to the element at index. This makes asking for the first or the last element of the list O(1).",
    .since = "1.0.0",
    .group = CommandGroup::list,
    .arity = 3,
    .flags = kReadonly,
    .acl_categories = "list",
    .keys = kKeys,
    .arguments = kArguments,
    .run = run,
};

}  // namespace redstart
