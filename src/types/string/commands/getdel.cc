// GETDEL key: the string at a key, which is deleted.
#include "execution/command_context.h"
#include "types/commands/note_read.h"
#include "types/string/commands/text.h"

namespace redstart {
namespace {

void run(CommandContext& c) {
  Edit edit = c.edit(c.arg(1), Type::string);
  note_read(c, edit.exists(), c.arg(1));
  if (edit.wrong_type()) return;
  if (!edit.exists()) return c.reply().null();
  reply_string(c.reply(), *edit.entry());
  edit.remove();
  edit.event("del");
  c.effect({"DEL", c.arg(1)});
}

constexpr KeySpec kKeys[] = {
    {.flags = kKeyRW | kKeyAccess | kKeyDelete, .index = 1, .last = 0},
};

constexpr Argument kArguments[] = {
    {.name = "key", .type = ArgumentType::key, .key_spec = 0},
};

}  // namespace

REDSTART_COMMAND(getdel) = {
    .name = "getdel",
    .summary = "Tells the string at a key and deletes the key.",
    .complexity = "O(1)",
    .since = "6.2.0",
    .group = CommandGroup::string,
    .arity = 2,
    .flags = kWrite | kFast,
    .acl_categories = "string",
    .keys = kKeys,
    .arguments = kArguments,
    .run = run,
};

}  // namespace redstart
