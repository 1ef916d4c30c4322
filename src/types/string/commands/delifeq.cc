// DELIFEQ key value: deletes a key if it holds this string.
#include "types/string/commands/comparison.h"

namespace redstart {
namespace {

void run(CommandContext& c) {
  Edit edit = c.edit(c.arg(1), Type::string);
  if (edit.wrong_type()) return;
  const bool deletes = holds(c, {Comparison::Kind::equal, 2}, edit.entry());
  if (deletes) {
    edit.remove();
    edit.event("del");
    c.effect({"DEL", c.arg(1)});
  }
  c.reply().integer(deletes);
}

constexpr KeySpec kKeys[] = {
    {.flags = kKeyRM | kKeyAccess | kKeyDelete, .index = 1, .last = 0},
};

constexpr Argument kArguments[] = {
    {.name = "key", .type = ArgumentType::key, .key_spec = 0},
    {.name = "value", .type = ArgumentType::string},
};

}  // namespace

REDSTART_COMMAND(delifeq) = {
    .name = "delifeq",
    .summary = "Deletes a key if it holds this string.",
    .complexity = "O(1)",
    .since = "9.0.0",
    .group = CommandGroup::string,
    .arity = 3,
    .flags = kWrite | kFast,
    .acl_categories = "string",
    .keys = kKeys,
    .arguments = kArguments,
    .run = run,
};

}  // namespace redstart
