// DECRBY key decrement: takes from an integer.
#include "execution/command_context.h"
#include "types/string/commands/text.h"

namespace redstart {
namespace {

void run(CommandContext& c) {
  int64_t decrement;
  if (!c.parse_integer(2, decrement)) return;
  if (decrement == INT64_MIN) return c.error("ERR decrement would overflow");
  add_to_integer(c, -decrement);
}

constexpr KeySpec kKeys[] = {
    {.flags = kKeyRW | kKeyAccess | kKeyUpdate, .index = 1, .last = 0},
};

constexpr Argument kArguments[] = {
    {.name = "key", .type = ArgumentType::key, .key_spec = 0},
    {.name = "decrement", .type = ArgumentType::integer},
};

}  // namespace

REDSTART_COMMAND(decrby) = {
    .name = "decrby",
    .summary = "Takes a number from the integer at a key.",
    .complexity = "O(1)",
    .since = "1.0.0",
    .group = CommandGroup::string,
    .arity = 3,
    .flags = kWrite | kDenyOom | kFast,
    .acl_categories = "string",
    .keys = kKeys,
    .arguments = kArguments,
    .run = run,
};

}  // namespace redstart
