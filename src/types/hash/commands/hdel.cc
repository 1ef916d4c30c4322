// HDEL
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
    {.name = "field", .type = ArgumentType::string, .flags = kMultiple},
};

}  // namespace

const CommandSpec hdel_command = {
    .name = "hdel",
    .summary = "",
    .complexity = "O(N) where N is the number of fields to be removed.",
    .since = "2.0.0",
    .group = CommandGroup::hash,
    .arity = -3,
    .flags = kWrite | kFast,
    .acl_categories = "hash",
    .keys = kKeys,
    .arguments = kArguments,
    .run = run,
};

}  // namespace redstart
