// BLMOVE
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

constexpr Argument kArgumentsWherefrom[] = {
    {.name = "left", .type = ArgumentType::pure_token, .token = "LEFT"},
    {.name = "right", .type = ArgumentType::pure_token, .token = "RIGHT"},
};

constexpr Argument kArgumentsWhereto[] = {
    {.name = "left", .type = ArgumentType::pure_token, .token = "LEFT"},
    {.name = "right", .type = ArgumentType::pure_token, .token = "RIGHT"},
};

constexpr Argument kArguments[] = {
    {.name = "source", .type = ArgumentType::key, .key_spec = 0},
    {.name = "destination", .type = ArgumentType::key, .key_spec = 1},
    {.name = "wherefrom", .type = ArgumentType::one_of, .children = kArgumentsWherefrom},
    {.name = "whereto", .type = ArgumentType::one_of, .children = kArgumentsWhereto},
    {.name = "timeout", .type = ArgumentType::number},
};

}  // namespace

const CommandSpec blmove_command = {
    .name = "blmove",
    .summary = "",
    .complexity = "O(1)",
    .since = "6.2.0",
    .group = CommandGroup::list,
    .arity = 6,
    .flags = kWrite | kDenyOom | kNoScript | kBlocking,
    .acl_categories = "list",
    .keys = kKeys,
    .arguments = kArguments,
    .run = run,
};

}  // namespace redstart
