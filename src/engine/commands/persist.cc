// PERSIST key: takes a key's deadline away.
#include "execution/command_context.h"

namespace redstart {
namespace {

void run(CommandContext& c) {
  Edit edit = c.edit(c.arg(1), Type::none);
  const bool is_volatile = edit.deadline_ms() != kNoDeadline;
  if (is_volatile) edit.clear_deadline();
  c.reply().integer(is_volatile);
}

constexpr KeySpec kKeys[] = {
    {.flags = kKeyRW | kKeyUpdate, .index = 1, .last = 0},
};

constexpr Argument kArguments[] = {
    {.name = "key", .type = ArgumentType::key, .key_spec = 0},
};

}  // namespace

REDSTART_COMMAND(persist) = {
    .name = "persist",
    .summary = "Takes away the deadline of a key.",
    .complexity = "O(1)",
    .since = "2.2.0",
    .group = CommandGroup::generic,
    .arity = 2,
    .flags = kWrite | kFast,
    .acl_categories = "keyspace",
    .keys = kKeys,
    .arguments = kArguments,
    .run = run,
};

}  // namespace redstart
