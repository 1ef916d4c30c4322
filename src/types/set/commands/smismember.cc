// SMISMEMBER key member [member ...]: tells for each of several members whether a set has it.
#include "execution/command_context.h"
#include "types/set/set.h"

namespace redstart {
namespace {

void run(CommandContext& c) {
  const Read read = c.read(c.arg(1), Type::set);
  if (read.wrong_type) return;
  c.reply().array(c.arg_count() - 2);
  Object object = read ? read.object() : Object{};
  for (const std::string_view member : c.args().subspan(2)) {
    c.reply().integer(read && Set(object).contains(member));
  }
}

constexpr KeySpec kKeys[] = {
    {.flags = kKeyRO | kKeyAccess, .index = 1, .last = 0},
};

constexpr Argument kArguments[] = {
    {.name = "key", .type = ArgumentType::key, .key_spec = 0},
    {.name = "member", .type = ArgumentType::string, .flags = kMultiple},
};

}  // namespace

REDSTART_COMMAND(smismember) = {
    .name = "smismember",
    .summary = "Tells for each of several members whether a set has it.",
    .complexity = "O(N), N: members asked for",
    .since = "6.2.0",
    .group = CommandGroup::set,
    .arity = -3,
    .flags = kReadonly | kFast,
    .acl_categories = "set",
    .element_index = 2,
    .keys = kKeys,
    .arguments = kArguments,
    .run = run,
};

}  // namespace redstart
