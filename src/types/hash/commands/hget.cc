// HGET key field: gives the value of one field of a hash.
#include "execution/command_context.h"
#include "types/hash/hash.h"

namespace redstart {
namespace {

void run(CommandContext& c) {
  const Read read = c.read(c.arg(1), Type::hash);
  if (read.wrong_type) return;
  if (!read) return c.reply().null();
  Object object = read.object();
  char buffer[24];
  const auto value = Hash(object, c.now_ms()).get(c.arg(2), buffer);
  value ? c.reply().bulk(*value) : c.reply().null();
}

constexpr KeySpec kKeys[] = {
    {.flags = kKeyRO | kKeyAccess, .index = 1, .last = 0},
};

constexpr Argument kArguments[] = {
    {.name = "key", .type = ArgumentType::key, .key_spec = 0},
    {.name = "field", .type = ArgumentType::string},
};

}  // namespace

REDSTART_COMMAND(hget) = {
    .name = "hget",
    .summary = "Gives the value of one field of a hash.",
    .complexity = "O(1)",
    .since = "2.0.0",
    .group = CommandGroup::hash,
    .arity = 3,
    .flags = kReadonly | kFast,
    .acl_categories = "hash",
    .element_index = 2,
    .keys = kKeys,
    .arguments = kArguments,
    .run = run,
};

}  // namespace redstart
