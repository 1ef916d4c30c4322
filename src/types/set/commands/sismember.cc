// SISMEMBER key member: tells whether a set has a member.
#include "execution/command_context.h"
#include "types/set/set.h"

namespace redstart {
namespace {

void run(CommandContext& c) {
  const Read read = c.read(c.arg(1), Type::set);
  if (read.wrong_type) return;
  if (!read) return c.reply().integer(0);
  Object object = read.object();
  c.reply().integer(Set(object).contains(c.arg(2)));
}

constexpr KeySpec kKeys[] = {
    {.flags = kKeyRO, .index = 1, .last = 0},
};

constexpr Argument kArguments[] = {
    {.name = "key", .type = ArgumentType::key, .key_spec = 0},
    {.name = "member", .type = ArgumentType::string},
};

}  // namespace

REDSTART_COMMAND(sismember) = {
    .name = "sismember",
    .summary = "Tells whether a set has a member.",
    .complexity = "O(1)",
    .since = "1.0.0",
    .group = CommandGroup::set,
    .arity = 3,
    .flags = kReadonly | kFast,
    .acl_categories = "set",
    .element_index = 2,
    .keys = kKeys,
    .arguments = kArguments,
    .run = run,
};

}  // namespace redstart
