// HLEN key: counts the fields of a hash.
#include "execution/command_context.h"

namespace redstart {
namespace {

void run(CommandContext& c) {
  const Read read = c.read(c.arg(1), Type::hash);
  if (read.wrong_type) return;
  c.reply().integer(read ? static_cast<int64_t>(element_count(read.object())) : 0);
}

constexpr KeySpec kKeys[] = {
    {.flags = kKeyRO, .index = 1, .last = 0},
};

constexpr Argument kArguments[] = {
    {.name = "key", .type = ArgumentType::key, .key_spec = 0},
};

}  // namespace

REDSTART_COMMAND(hlen) = {
    .name = "hlen",
    .summary = "Counts the fields of a hash.",
    .complexity = "O(1)",
    .since = "2.0.0",
    .group = CommandGroup::hash,
    .arity = 2,
    .flags = kReadonly | kFast,
    .acl_categories = "hash",
    .keys = kKeys,
    .arguments = kArguments,
    .run = run,
};

}  // namespace redstart
