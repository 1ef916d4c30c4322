// GETEX key [EX | PX | EXAT | PXAT time | PERSIST]: the string at a key, which gets another
// deadline.
#include "base/numbers.h"
#include "engine/commands/deadlines.h"
#include "execution/command_context.h"
#include "types/commands/note_read.h"
#include "types/string/commands/options.h"
#include "types/string/commands/text.h"

namespace redstart {
namespace {

void set_deadline(CommandContext& c, Edit& edit, int64_t deadline_ms) {
  char text[24];
  edit.set_deadline_ms(deadline_ms);
  edit.event("expire");
  c.effect({"PEXPIREAT", c.arg(1), {text, format_int64(deadline_ms, text)}});
}

void run(CommandContext& c) {
  StringOptions options;
  int64_t deadline_ms;
  if (!parse_options(c, 2, OptionsOf::getex, options)) return;
  Edit edit = c.edit(c.arg(1), Type::string);
  note_read(c, edit.exists(), c.arg(1));
  if (edit.wrong_type()) return;
  if (!edit.exists()) return c.reply().null();
  if (!parse_deadline(c, options.expiration, deadline_ms)) return;
  reply_string(c.reply(), *edit.entry());
  if (options.expiration.is_absolute() && deadline_ms <= c.now_ms()) {
    edit.remove();
    edit.event("del");
    c.effect({"DEL", c.arg(1)});
  } else if (options.expiration) {
    set_deadline(c, edit, deadline_ms);
  } else if (options.persist && edit.entry()->has_deadline()) {
    edit.clear_deadline();
    edit.event("persist");
    c.effect({"PERSIST", c.arg(1)});
  }
}

constexpr KeySpec kKeys[] = {
    {.flags = kKeyRW | kKeyAccess | kKeyUpdate, .index = 1, .last = 0,
     .notes = "Updated, since its deadline may change."},
};

constexpr Argument kArguments[] = {
    {.name = "key", .type = ArgumentType::key, .key_spec = 0},
    {.name = "expiration",
     .type = ArgumentType::one_of,
     .flags = kOptional,
     .children = kExpiryOrPersistArguments},
};

}  // namespace

REDSTART_COMMAND(getex) = {
    .name = "getex",
    .summary = "Tells the string at a key and changes or takes away its deadline.",
    .complexity = "O(1)",
    .since = "6.2.0",
    .group = CommandGroup::string,
    .arity = -2,
    .flags = kWrite | kFast,
    .acl_categories = "string",
    .keys = kKeys,
    .arguments = kArguments,
    .run = run,
};

}  // namespace redstart
