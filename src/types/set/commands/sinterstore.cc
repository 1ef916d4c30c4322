// SINTERSTORE
#include "execution/command_context.h"

namespace redstart {
namespace {

void run(CommandContext& c) {
  // IMPLEMENT
}

constexpr KeySpec kKeys[] = {
    {.flags = kKeyRW | kKeyUpdate, .index = 1, .last = 0},
    {.flags = kKeyRO | kKeyAccess, .index = 2, .last = -1},
};

constexpr Argument kArguments[] = {
    {.name = "destination", .type = ArgumentType::key, .key_spec = 0},
    {.name = "key", .type = ArgumentType::key, .key_spec = 1, .flags = kMultiple},
};

}  // namespace

const CommandSpec sinterstore_command = {
    .name = "sinterstore",
    .summary = "",
    .complexity = "O(N*M) worst case where N is the cardinality of the smallest set and M is the number of sets.",
    .since = "1.0.0",
    .group = CommandGroup::set,
    .arity = -3,
    .flags = kWrite | kDenyOom,
    .acl_categories = "set",
    .keys = kKeys,
    .arguments = kArguments,
    .run = run,
};

}  // namespace redstart
