// HEXISTS key field: tells whether a hash has a field.
#include "execution/command_context.h"
#include "types/hash/hash.h"

namespace redstart {
namespace {

void run(CommandContext& c) {
  const Read read = c.read(c.arg(1), Type::hash);
  if (read.wrong_type) return;
  if (!read) return c.reply().integer(0);
  Object object = read.object();
  c.reply().integer(Hash(object, c.now_ms()).contains(c.arg(2)));
}

constexpr KeySpec kKeys[] = {
    {.flags = kKeyRO, .index = 1, .last = 0},
};

constexpr Argument kArguments[] = {
    {.name = "key", .type = ArgumentType::key, .key_spec = 0},
    {.name = "field", .type = ArgumentType::string},
};

}  // namespace

REDSTART_COMMAND(hexists) = {
    .name = "hexists",
    .summary = "Tells whether a hash has a field.",
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
