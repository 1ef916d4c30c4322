// GETRANGE key start end: a part of a string.
#include "execution/command_context.h"
#include "types/string/commands/text.h"

namespace redstart {
namespace {

void run(CommandContext& c) { reply_range(c); }

constexpr KeySpec kKeys[] = {
    {.flags = kKeyRO | kKeyAccess, .index = 1, .last = 0},
};

constexpr Argument kArguments[] = {
    {.name = "key", .type = ArgumentType::key, .key_spec = 0},
    {.name = "start", .type = ArgumentType::integer},
    {.name = "end", .type = ArgumentType::integer},
};

}  // namespace

REDSTART_COMMAND(getrange) = {
    .name = "getrange",
    .summary = "Tells a part of the string at a key.",
    .complexity = "O(N), N: bytes of the range",
    .since = "2.4.0",
    .group = CommandGroup::string,
    .arity = 4,
    .flags = kReadonly,
    .acl_categories = "string",
    .keys = kKeys,
    .arguments = kArguments,
    .run = run,
};

}  // namespace redstart
