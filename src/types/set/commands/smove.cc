// SMOVE
#include "execution/command_context.h"

namespace redstart {
namespace {

void run(CommandContext& c) {
  // IMPLEMENT
}

constexpr KeySpec kKeys[] = {
    {.flags = kKeyRW | kKeyAccess | kKeyDelete, .index = 1, .last = 0},
    {.flags = kKeyRW | kKeyInsert, .index = 2, .last = 0},
};

constexpr Argument kArguments[] = {
    {.name = "source", .type = ArgumentType::key, .key_spec = 0},
    {.name = "destination", .type = ArgumentType::key, .key_spec = 1},
    {.name = "member", .type = ArgumentType::string},
};

}  // namespace

const CommandSpec smove_command = {
    .name = "smove",
    .summary = "",
    .complexity = "O(1)",
    .since = "1.0.0",
    .group = CommandGroup::set,
    .arity = 4,
    .flags = kWrite | kFast,
    .acl_categories = "set",
    .keys = kKeys,
    .arguments = kArguments,
    .run = run,
};

}  // namespace redstart
