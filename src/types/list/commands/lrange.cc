// LRANGE
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
    {.name = "start", .type = ArgumentType::integer},
    {.name = "stop", .type = ArgumentType::integer},
};

}  // namespace

const CommandSpec lrange_command = {
    .name = "lrange",
    .summary = "",
    .complexity = "O(S+N) where S is the distance of start offset from HEAD for small lists, from nearest end (HEAD or TAIL) for large lists; and N is the number of elements in the specified range.",
    .since = "1.0.0",
    .group = CommandGroup::list,
    .arity = 4,
    .flags = kReadonly,
    .acl_categories = "list",
    .keys = kKeys,
    .arguments = kArguments,
    .run = run,
};

}  // namespace redstart
