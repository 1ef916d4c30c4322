// GETSET
#include "execution/command_context.h"

namespace redstart {
namespace {

void run(CommandContext& c) {
  // IMPLEMENT
}

constexpr KeySpec kKeys[] = {
    {.flags = kKeyRW | kKeyAccess | kKeyUpdate, .index = 1, .last = 0},
};

constexpr Argument kArguments[] = {
    {.name = "key", .type = ArgumentType::key, .key_spec = 0},
    {.name = "value", .type = ArgumentType::string},
};

}  // namespace

const CommandSpec getset_command = {
    .name = "getset",
    .summary = "",
    .complexity = "O(1)",
    .since = "1.0.0",
    .group = CommandGroup::string,
    .arity = 3,
    .flags = kWrite | kDenyOom | kFast,
    .acl_categories = "string",
    .keys = kKeys,
    .arguments = kArguments,
    .deprecated_since = "6.2.0",
    .replaced_by = "SET with the !GET argument",
    .run = run,
};

}  // namespace redstart
