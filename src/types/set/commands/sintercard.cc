// SINTERCARD
#include "execution/command_context.h"

namespace redstart {
namespace {

void run(CommandContext& c) {
  // IMPLEMENT
}

constexpr KeySpec kKeys[] = {
    {.flags = kKeyRO | kKeyAccess, .index = 1, .find = KeySpec::Find::keynum, .step = 1, .keynum_index = 0, .first = 1},
};

constexpr Argument kArguments[] = {
    {.name = "numkeys", .type = ArgumentType::integer},
    {.name = "key", .type = ArgumentType::key, .key_spec = 0, .flags = kMultiple},
    {.name = "limit", .type = ArgumentType::integer, .token = "LIMIT", .flags = kOptional},
};

}  // namespace

const CommandSpec sintercard_command = {
    .name = "sintercard",
    .summary = "",
    .complexity = "O(N*M) worst case where N is the cardinality of the smallest set and M is the number of sets.",
    .since = "7.0.0",
    .group = CommandGroup::set,
    .arity = -3,
    .flags = kReadonly | kMovableKeys,
    .acl_categories = "set",
    .keys = kKeys,
    .arguments = kArguments,
    .run = run,
};

}  // namespace redstart
