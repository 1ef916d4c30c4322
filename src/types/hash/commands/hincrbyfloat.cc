// HINCRBYFLOAT
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
    {.name = "field", .type = ArgumentType::string},
    {.name = "increment", .type = ArgumentType::number},
};

}  // namespace

const CommandSpec hincrbyfloat_command = {
    .name = "hincrbyfloat",
    .summary = "",
    .complexity = "O(1)",
    .since = "2.6.0",
    .group = CommandGroup::hash,
    .arity = 4,
    .flags = kWrite | kDenyOom | kFast,
    .acl_categories = "hash",
    .keys = kKeys,
    .arguments = kArguments,
    .run = run,
};

}  // namespace redstart
