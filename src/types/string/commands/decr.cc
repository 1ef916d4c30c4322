// DECR
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
};

}  // namespace

const CommandSpec decr_command = {
    .name = "decr",
    .summary = "",
    .complexity = "O(1)",
    .since = "1.0.0",
    .group = CommandGroup::string,
    .arity = 2,
    .flags = kWrite | kDenyOom | kFast,
    .acl_categories = "string",
    .keys = kKeys,
    .arguments = kArguments,
    .run = run,
};

}  // namespace redstart
