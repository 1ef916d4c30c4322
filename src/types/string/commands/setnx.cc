// SETNX key value: gives a key a string if it does not exist.
#include "execution/command_context.h"

namespace redstart {
namespace {

void run(CommandContext& c) {
  Edit edit = c.edit(c.arg(1), Type::none);
  if (edit.exists()) return c.reply().integer(0);
  edit.set_text(c.arg(2));
  edit.event("set");
  c.reply().integer(1);
}

constexpr KeySpec kKeys[] = {
    {.flags = kKeyOW | kKeyInsert, .index = 1, .last = 0},
};

constexpr Argument kArguments[] = {
    {.name = "key", .type = ArgumentType::key, .key_spec = 0},
    {.name = "value", .type = ArgumentType::string},
};

}  // namespace

REDSTART_COMMAND(setnx) = {
    .name = "setnx",
    .summary = "Gives a key a string if the key does not exist yet.",
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
