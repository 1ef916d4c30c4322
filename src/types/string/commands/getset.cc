// GETSET key value: gives a key a string and tells the one before.
#include "execution/command_context.h"
#include "types/commands/note_read.h"
#include "types/string/commands/text.h"

namespace redstart {
namespace {

void run(CommandContext& c) {
  Edit edit = c.edit(c.arg(1), Type::string);
  note_read(c, edit.exists(), c.arg(1));
  if (edit.wrong_type()) return;
  edit.exists() ? reply_string(c.reply(), *edit.entry()) : c.reply().null();
  edit.set_text(c.arg(2), kNoDeadline);
  edit.event("set");
  c.effect({"SET", c.arg(1), c.arg(2)});
}

constexpr KeySpec kKeys[] = {
    {.flags = kKeyRW | kKeyAccess | kKeyUpdate, .index = 1, .last = 0},
};

constexpr Argument kArguments[] = {
    {.name = "key", .type = ArgumentType::key, .key_spec = 0},
    {.name = "value", .type = ArgumentType::string},
};

}  // namespace

REDSTART_COMMAND(getset) = {
    .name = "getset",
    .summary = "Gives a key a string and tells the one that it had.",
    .complexity = "O(1)",
    .since = "1.0.0",
    .group = CommandGroup::string,
    .arity = 3,
    .flags = kWrite | kDenyOom | kFast,
    .acl_categories = "string",
    .keys = kKeys,
    .arguments = kArguments,
    .deprecated_since = "6.2.0",
    .replaced_by = "SET GET",
    .run = run,
};

}  // namespace redstart
