// INCRBYFLOAT key increment: adds to a number with decimals.
#include <cmath>
#include <string>

#include "base/numbers.h"
#include "execution/command_context.h"
#include "types/string/commands/text.h"

namespace redstart {
namespace {

constexpr std::string_view kNoFloat = "ERR value is not a valid float";

bool parse_float(CommandContext& c, std::string_view text, long double& value) {
  const auto parsed = parse_long_double(text);
  if (!parsed || std::isnan(*parsed)) {
    c.error(kNoFloat);
    return false;
  }
  value = *parsed;
  return true;
}

void run(CommandContext& c) {
  Edit edit = c.edit(c.arg(1), Type::string);
  if (edit.wrong_type()) return;
  long double value = 0, increment;
  NumberBuffer buffer;
  if (edit.exists() && !parse_float(c, edit.entry()->text(buffer), value)) return;
  if (!parse_float(c, c.arg(2), increment)) return;
  value += increment;
  if (std::isnan(value) || std::isinf(value)) {
    return c.error("ERR increment would produce NaN or Infinity");
  }
  const std::string text = format_long_double(value);
  edit.set_plain_text(text);
  c.effect({"SET", c.arg(1), text, "KEEPTTL"});
  c.reply().bulk(text);
}

constexpr KeySpec kKeys[] = {
    {.flags = kKeyRW | kKeyAccess | kKeyUpdate, .index = 1, .last = 0},
};

constexpr Argument kArguments[] = {
    {.name = "key", .type = ArgumentType::key, .key_spec = 0},
    {.name = "increment", .type = ArgumentType::number},
};

}  // namespace

REDSTART_COMMAND(incrbyfloat) = {
    .name = "incrbyfloat",
    .summary = "Adds to the decimal number at a key.",
    .complexity = "O(1)",
    .since = "2.6.0",
    .group = CommandGroup::string,
    .arity = 3,
    .flags = kWrite | kDenyOom | kFast,
    .acl_categories = "string",
    .keys = kKeys,
    .arguments = kArguments,
    .run = run,
};

}  // namespace redstart
