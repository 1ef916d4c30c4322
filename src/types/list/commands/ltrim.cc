// LTRIM
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
    {.name = "start", .type = ArgumentType::integer},
    {.name = "stop", .type = ArgumentType::integer},
};

}  // namespace

const CommandSpec ltrim_command = {
    .name = "ltrim",
    .summary = "",
    .complexity = "O(N) where N is the number of elements to be removed by the operation.",
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
