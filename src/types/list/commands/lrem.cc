// LREM
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
    {.name = "count", .type = ArgumentType::integer},
    {.name = "element", .type = ArgumentType::string},
};

}  // namespace

const CommandSpec lrem_command = {
    .name = "lrem",
    .summary = "",
    .complexity = "O(N+M) where N is the length of the list and M is the number of elements removed.",
    .since = "1.0.0",
    .group = CommandGroup::list,
    .arity = 4,
    .flags = kWrite,
    .acl_categories = "list",
    .keys = kKeys,
    .arguments = kArguments,
    .run = run,
};

}  // namespace redstart
