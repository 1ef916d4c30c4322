// ZREM
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

const CommandSpec zrem_command = {
    .name = "zrem",
    .summary = "",
    .complexity = "O(M*log(N)) with N being the number of elements in the sorted set and M the number of elements to be removed.",
    .since = "1.2.0",
    .group = CommandGroup::sorted_set,
    .arity = -3,
    .flags = kWrite | kFast,
    .acl_categories = "sortedset",
    .keys = kKeys,
    .arguments = kArguments,
    .run = run,
};

}  // namespace redstart
