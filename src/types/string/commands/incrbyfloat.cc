// INCRBYFLOAT
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
    {.name = "increment", .type = ArgumentType::number},
};

}  // namespace

const CommandSpec incrbyfloat_command = {
    .name = "incrbyfloat",
    .summary = "",
    .complexity = "O(1)",
    .since = "2.6.0",
    .group = CommandGroup::string,
    .arity = 3,
    .flags = kWrite | kDenyOom | kFast,
    .acl_categories = "string",
    .keys = kKeys,
    .arguments = kArguments,
    .run = run,
};

}  // namespace redstart
