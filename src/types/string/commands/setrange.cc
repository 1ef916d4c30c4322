// SETRANGE
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
    {.name = "offset", .type = ArgumentType::integer},
    {.name = "value", .type = ArgumentType::string},
};

}  // namespace

const CommandSpec setrange_command = {
    .name = "setrange",
    .summary = "",
    .complexity = "O(1), not counting the time taken to copy the new string in place. Usually, this string is very small so the amortized complexity is O(1). Otherwise, complexity is O(M) with M being the length of the value argument.",
    .since = "2.2.0",
    .group = CommandGroup::string,
    .arity = 4,
    .flags = kWrite | kDenyOom,
    .acl_categories = "string",
    .keys = kKeys,
    .arguments = kArguments,
    .run = run,
};

}  // namespace redstart
