// SCARD key: counts the members of a set.
#include "execution/command_context.h"

namespace redstart {
namespace {

void run(CommandContext& c) {
  const Read read = c.read(c.arg(1), Type::set);
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

REDSTART_COMMAND(scard) = {
    .name = "scard",
    .summary = "Counts the members of a set.",
    .complexity = "O(1)",
    .since = "1.0.0",
    .group = CommandGroup::set,
    .arity = 2,
    .flags = kReadonly | kFast,
    .acl_categories = "set",
    .keys = kKeys,
    .arguments = kArguments,
    .run = run,
};

}  // namespace redstart
