// STRLEN
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
};

}  // namespace

const CommandSpec strlen_command = {
    .name = "strlen",
    .summary = "",
    .complexity = "O(1)",
    .since = "2.2.0",
    .group = CommandGroup::string,
    .arity = 2,
    .flags = kReadonly | kFast,
    .acl_categories = "string",
    .keys = kKeys,
    .arguments = kArguments,
    .run = run,
};

}  // namespace redstart
