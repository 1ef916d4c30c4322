// HINCRBYFLOAT key field increment: adds a number to the one that a field holds (a missing one: 0).
#include <cmath>

#include "execution/command_context.h"
#include "types/hash/hash.h"

namespace redstart {
namespace {

// What the field holds; 0 when there is none. False: it is no number, which has been replied.
bool read_value(CommandContext& c, const Edit& edit, long double& value) {
  if (!edit.exists()) return true;
  Object object = edit.entry()->object();
  char buffer[24];
  const auto text = Hash(object, c.now_ms()).get(c.arg(2), buffer);
  if (!text) return true;
  const auto parsed = parse_long_double(*text);
  if (!parsed || std::isnan(*parsed)) {
    c.error("ERR hash value is not a float");
    return false;
  }
  value = *parsed;
  return true;
}

void run(CommandContext& c) {
  const auto increment = parse_long_double(c.arg(3));
  if (!increment || std::isnan(*increment)) return c.error("ERR value is not a valid float");
  if (std::isinf(*increment)) return c.error("ERR value is NaN or Infinity");
  Edit edit = c.edit(c.arg(1), Type::hash);
  if (edit.wrong_type()) return;
  long double value = 0;
  if (!read_value(c, edit, value)) return;
  value += *increment;
  if (!std::isfinite(value)) return c.error("ERR increment would produce NaN or Infinity");
  const std::string text = format_long_double(value);
  Hash hash(edit.object(), c.now_ms());
  hash.set(c.arg(2), text, c.limits(), FieldDeadline::keep);
  if (hash.has_deadlines()) {
    c.effect({"HSETEX", c.arg(1), "KEEPTTL", "FIELDS", "1", c.arg(2), text});
  } else {
    c.effect({"HSET", c.arg(1), c.arg(2), text});
  }
  c.reply().bulk(text);
}

constexpr KeySpec kKeys[] = {
    {.flags = kKeyRW | kKeyAccess | kKeyUpdate, .index = 1, .last = 0},
};

constexpr Argument kArguments[] = {
    {.name = "key", .type = ArgumentType::key, .key_spec = 0},
    {.name = "field", .type = ArgumentType::string},
    {.name = "increment", .type = ArgumentType::number},
};

}  // namespace

REDSTART_COMMAND(hincrbyfloat) = {
    .name = "hincrbyfloat",
    .summary = "Adds a number to the one that a field holds (a missing one: 0).",
    .complexity = "O(1)",
    .since = "2.6.0",
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
