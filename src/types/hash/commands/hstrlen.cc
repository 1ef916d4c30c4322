// HSTRLEN
#include "execution/command_context.h"

namespace redstart {
namespace {

void run(CommandContext& c) {
  // IMPLEMENT
}

constexpr KeySpec kKeys[] = {
    {.flags = kKeyRO, .index = 1, .last = 0},
};

constexpr Argument kArguments[] = {
    {.name = "key", .type = ArgumentType::key, .key_spec = 0},
    {.name = "field", .type = ArgumentType::string},
};

}  // namespace

const CommandSpec hstrlen_command = {
    .name = "hstrlen",
    .summary = "",
    .complexity = "O(1)",
    .since = "3.2.0",
    .group = CommandGroup::hash,
    .arity = 3,
    .flags = kReadonly | kFast,
    .acl_categories = "hash",
    .keys = kKeys,
    .arguments = kArguments,
    .run = run,
};

}  // namespace redstart
