// HSTRLEN key field: gives the length of a field's value in bytes.
#include "execution/command_context.h"
#include "types/hash/hash.h"

namespace redstart {
namespace {

void run(CommandContext& c) {
  const Read read = c.read(c.arg(1), Type::hash);
  if (read.wrong_type) return;
  if (!read) return c.reply().integer(0);
  Object object = read.object();
  char buffer[24];
  const auto value = Hash(object, c.now_ms()).get(c.arg(2), buffer);
  c.reply().integer(value ? static_cast<int64_t>(value->size()) : 0);
}

constexpr KeySpec kKeys[] = {
    {.flags = kKeyRO, .index = 1, .last = 0},
};

constexpr Argument kArguments[] = {
    {.name = "key", .type = ArgumentType::key, .key_spec = 0},
    {.name = "field", .type = ArgumentType::string},
};

}  // namespace

REDSTART_COMMAND(hstrlen) = {
    .name = "hstrlen",
    .summary = "Gives the length of a field's value in bytes.",
    .complexity = "O(1)",
    .since = "3.2.0",
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
