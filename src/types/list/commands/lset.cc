// LSET
#include "execution/command_context.h"

namespace redstart {
namespace {

void run(CommandContext& c) {
  // IMPLEMENT
}

constexpr KeySpec kKeys[] = {
    {.flags = kKeyRW | kKeyUpdate, .index = 1, .last = 0},
};

constexpr Argument kArguments[] = {
    {.name = "key", .type = ArgumentType::key, .key_spec = 0},
    {.name = "index", .type = ArgumentType::integer},
    {.name = "element", .type = ArgumentType::string},
};

}  // namespace

const CommandSpec lset_command = {
    .name = "lset",
    .summary = "",
    .complexity = "O(N) where N is the length of the list. Setting either the first or the last element of the list is O(1).",
    .since = "1.0.0",
    .group = CommandGroup::list,
    .arity = 4,
    .flags = kWrite | kDenyOom,
    .acl_categories = "list",
    .keys = kKeys,
    .arguments = kArguments,
    .run = run,
};

}  // namespace redstart
