// HINCRBY key field increment: adds an integer to the one that a field holds (a missing one: 0).
#include "execution/command_context.h"
#include "types/hash/hash.h"

namespace redstart {
namespace {

// What the field holds; 0 when there is none. False: it is no integer, which has been replied.
bool read_value(CommandContext& c, const Edit& edit, int64_t& value) {
  if (!edit.exists()) return true;
  Object object = edit.entry()->object();
  char buffer[24];
  const auto text = Hash(object, c.now_ms()).get(c.arg(2), buffer);
  if (!text) return true;
  const auto parsed = parse_int64(*text);
  if (!parsed) {
    c.error("ERR hash value is not an integer");
    return false;
  }
  value = *parsed;
  return true;
}

void run(CommandContext& c) {
  int64_t increment;
  if (!c.parse_integer(3, increment)) return;
  Edit edit = c.edit(c.arg(1), Type::hash);
  if (edit.wrong_type()) return;
  int64_t value = 0;
  if (!read_value(c, edit, value)) return;
  if (__builtin_add_overflow(value, increment, &value)) {
    return c.error("ERR increment or decrement would overflow");
  }
  char text[24];
  Hash(edit.object(), c.now_ms()).set(c.arg(2), {text, format_int64(value, text)}, c.limits(),
                                           FieldDeadline::keep);
  c.reply().integer(value);
}

constexpr KeySpec kKeys[] = {
    {.flags = kKeyRW | kKeyAccess | kKeyUpdate, .index = 1, .last = 0},
};

constexpr Argument kArguments[] = {
    {.name = "key", .type = ArgumentType::key, .key_spec = 0},
    {.name = "field", .type = ArgumentType::string},
    {.name = "increment", .type = ArgumentType::integer},
};

}  // namespace

REDSTART_COMMAND(hincrby) = {
    .name = "hincrby",
    .summary = "Adds an integer to the one that a field holds (a missing one: 0).",
    .complexity = "O(1)",
    .since = "2.0.0",
    .group = CommandGroup::hash,
    .arity = 4,
    .flags = kWrite | kDenyOom | kFast,
    .acl_categories = "hash",
    .element_index = 2,
    .keys = kKeys,
    .arguments = kArguments,
    .run = run,
};

}  // namespace redstart
