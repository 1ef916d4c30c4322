// SET key value [NX | XX | IFEQ value | IFNE value | IFDEQ digest | IFDNE digest] [GET]
// [EX | PX | EXAT | PXAT time | KEEPTTL]: gives a key a string.
#include "execution/command_context.h"
#include "types/commands/note_read.h"
#include "types/string/commands/options.h"
#include "types/string/commands/text.h"

namespace redstart {
namespace {

void run_with_options(CommandContext& c) {
  StringOptions options;
  int64_t deadline_ms;
  if (!parse_options(c, 3, OptionsOf::set, options)) return;
  if (!parse_deadline(c, options.expiration, deadline_ms)) return;
  const bool reads = options.get || options.comparison;
  Edit edit = c.edit(c.arg(1), reads ? Type::string : Type::none);
  if (reads) note_read(c, edit.exists(), c.arg(1));
  if (edit.wrong_type()) return;
  if (options.get) {
    edit.exists() ? reply_string(c.reply(), *edit.entry()) : c.reply().null();
  }
  if ((edit.exists() ? options.if_missing : options.if_present) ||
      (options.comparison && !holds(c, options.comparison, edit.entry()))) {
    if (!options.get) c.reply().null();
    return;
  }
  if (options.keep_deadline) {
    edit.set_text(c.arg(2));
    edit.event("set");
  } else {
    set_until(c, edit, c.arg(1), c.arg(2), deadline_ms);
  }
  if (!options.get) c.reply().ok();
}

void run(CommandContext& c) {
  if (c.arg_count() > 3) return run_with_options(c);
  set_string(c, c.arg(1), c.arg(2));
  c.reply().ok();
}

constexpr KeySpec kKeys[] = {
    {.flags = kKeyRW | kKeyAccess | kKeyUpdate | kKeyVariableFlags, .index = 1, .last = 0,
     .notes = "Read only with GET."},
};

constexpr Argument kArgumentsCondition[] = {
    {.name = "nx", .type = ArgumentType::pure_token, .token = "NX"},
    {.name = "xx", .type = ArgumentType::pure_token, .token = "XX"},
    {.name = "ifeq-value", .type = ArgumentType::string, .token = "IFEQ", .since = "8.1.0"},
    {.name = "ifne-value", .type = ArgumentType::string, .token = "IFNE", .since = "8.4.0"},
    {.name = "ifdeq-digest", .type = ArgumentType::string, .token = "IFDEQ", .since = "8.4.0"},
    {.name = "ifdne-digest", .type = ArgumentType::string, .token = "IFDNE", .since = "8.4.0"},
};

constexpr Argument kArgumentsExpiration[] = {
    {.name = "seconds", .type = ArgumentType::integer, .token = "EX", .since = "2.6.12"},
    {.name = "milliseconds", .type = ArgumentType::integer, .token = "PX", .since = "2.6.12"},
    {.name = "unix-time-seconds",
     .type = ArgumentType::unix_time,
     .token = "EXAT",
     .since = "6.2.0"},
    {.name = "unix-time-milliseconds",
     .type = ArgumentType::unix_time,
     .token = "PXAT",
     .since = "6.2.0"},
    {.name = "keepttl", .type = ArgumentType::pure_token, .token = "KEEPTTL", .since = "6.0.0"},
};

constexpr Argument kArguments[] = {
    {.name = "key", .type = ArgumentType::key, .key_spec = 0},
    {.name = "value", .type = ArgumentType::string},
    {.name = "condition",
     .type = ArgumentType::one_of,
     .flags = kOptional,
     .since = "2.6.12",
     .children = kArgumentsCondition},
    {.name = "get",
     .type = ArgumentType::pure_token,
     .token = "GET",
     .flags = kOptional,
     .since = "6.2.0"},
    {.name = "expiration",
     .type = ArgumentType::one_of,
     .flags = kOptional,
     .children = kArgumentsExpiration},
};

constexpr HistoryEntry kHistory[] = {
    {"7.0.0", "`NX` and `GET` may stand together."},
};

}  // namespace

REDSTART_COMMAND(set) = {
    .name = "set",
    .summary = "Gives a key a string as its value, whatever it held before.",
    .complexity = "O(1)",
    .since = "1.0.0",
    .group = CommandGroup::string,
    .arity = -3,
    .flags = kWrite | kDenyOom,
    .acl_categories = "string",
    .keys = kKeys,
    .arguments = kArguments,
    .history = kHistory,
    .run = run,
};

}  // namespace redstart
