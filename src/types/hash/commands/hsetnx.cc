// HSETNX key field value: sets a field of a hash unless the hash has it.
#include "execution/command_context.h"
#include "types/hash/hash.h"

namespace redstart {
namespace {

void run(CommandContext& c) {
  Edit edit = c.edit(c.arg(1), Type::hash);
  if (edit.wrong_type()) return;
  Hash hash(edit.object(), c.now_ms());
  const bool is_new = !hash.contains(c.arg(2));
  if (is_new) {
    hash.set(c.arg(2), c.arg(3), c.limits());
    edit.event("hset");
  } else {
    edit.unchanged();
  }
  c.reply().integer(is_new);
}

constexpr KeySpec kKeys[] = {
    {.flags = kKeyRW | kKeyInsert, .index = 1, .last = 0},
};

constexpr Argument kArguments[] = {
    {.name = "key", .type = ArgumentType::key, .key_spec = 0},
    {.name = "field", .type = ArgumentType::string},
    {.name = "value", .type = ArgumentType::string},
};

}  // namespace

REDSTART_COMMAND(hsetnx) = {
    .name = "hsetnx",
    .summary = "Sets a field of a hash unless the hash has it.",
    .complexity = "O(1)",
    .since = "2.0.0",
    .group = CommandGroup::hash,
    .arity = 4,
    .flags = kWrite | kDenyOom | kFast,
    .acl_categories = "hash",
    .element_index = 2,
    .keys = kKeys,
    .arguments = kArguments,
    .run = run,
};

}  // namespace redstart
