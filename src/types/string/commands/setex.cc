// SETEX key seconds value: gives a key a string for a while.
#include "execution/command_context.h"
#include "types/string/commands/options.h"

namespace redstart {
namespace {

void run(CommandContext& c) { set_with_expiration(c, Expiration::Unit::seconds); }

constexpr KeySpec kKeys[] = {
    {.flags = kKeyOW | kKeyUpdate, .index = 1, .last = 0},
};

constexpr Argument kArguments[] = {
    {.name = "key", .type = ArgumentType::key, .key_spec = 0},
    {.name = "seconds", .type = ArgumentType::integer},
    {.name = "value", .type = ArgumentType::string},
};

}  // namespace

REDSTART_COMMAND(setex) = {
    .name = "setex",
    .summary = "Gives a key a string that expires after some seconds.",
    .complexity = "O(1)",
    .since = "2.0.0",
    .group = CommandGroup::string,
    .arity = 4,
    .flags = kWrite | kDenyOom,
    .acl_categories = "string",
    .keys = kKeys,
    .arguments = kArguments,
    .run = run,
};

}  // namespace redstart
