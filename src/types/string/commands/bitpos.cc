// BITPOS key bit [start [end [BYTE|BIT]]]: where the first bit of a value stands. As in Redis, the
// range is looked at only when the key exists.
#include <optional>

#include "execution/command_context.h"
#include "types/string/commands/bits.h"

namespace redstart {
namespace {

constexpr int64_t kNone = -1;

bool parse_range(CommandContext& c, BitRangeText& range) {
  const size_t words = c.arg_count();
  if (words > 6) return c.syntax_error(), false;
  if (words > 3 && !c.parse_integer(3, range.start)) return false;
  if (words > 5 && !parse_bit_unit(c, 5, range.in_bits)) return false;
  return words <= 4 || c.parse_integer(4, range.end);
}

void run(CommandContext& c) {
  int64_t bit;
  if (!c.parse_integer(2, bit)) return;
  if (bit != 0 && bit != 1) return c.error("ERR The bit argument must be 1 or 0.");
  const Read value = c.read(c.arg(1), Type::string);
  if (value.wrong_type) return;
  if (!value) return c.reply().integer(bit == 1 ? kNone : 0);
  BitRangeText range;
  if (!parse_range(c, range)) return;
  NumberBuffer buffer;
  const std::string_view bytes = value.entry->text(buffer);
  const bitmap::BitRange bits = bits_within(range, bytes.size());
  const auto found = bitmap::find(bytes, bits, bit == 1);
  if (found) return c.reply().integer(static_cast<int64_t>(*found));
  // Without an end the string goes on as zeros for ever.
  const bool meets_end = bit == 0 && c.arg_count() <= 4 && bits.first <= bits.last;
  c.reply().integer(meets_end ? static_cast<int64_t>(bits.last) + 1 : kNone);
}

constexpr KeySpec kKeys[] = {
    {.flags = kKeyRO | kKeyAccess, .index = 1, .last = 0},
};

constexpr Argument kArgumentsUnit[] = {
    {.name = "byte", .type = ArgumentType::pure_token, .token = "BYTE"},
    {.name = "bit", .type = ArgumentType::pure_token, .token = "BIT"},
};

constexpr Argument kArgumentsEnd[] = {
    {.name = "end", .type = ArgumentType::integer},
    {.name = "index_unit",
     .type = ArgumentType::one_of,
     .flags = kOptional,
     .since = "7.0.0",
     .children = kArgumentsUnit},
};

constexpr Argument kArgumentsIndex[] = {
    {.name = "start", .type = ArgumentType::integer},
    {.name = "end_index",
     .type = ArgumentType::block,
     .flags = kOptional,
     .children = kArgumentsEnd},
};

constexpr Argument kArguments[] = {
    {.name = "key", .type = ArgumentType::key, .key_spec = 0},
    {.name = "bit", .type = ArgumentType::integer},
    {.name = "index", .type = ArgumentType::block, .flags = kOptional, .children = kArgumentsIndex},
};

}  // namespace

REDSTART_COMMAND(bitpos) = {
    .name = "bitpos",
    .summary = "Finds the first set or the first clear bit of the string at a key.",
    .complexity = "O(N), N: bytes of the part",
    .since = "2.8.7",
    .group = CommandGroup::bitmap,
    .arity = -3,
    .flags = kReadonly,
    .acl_categories = "bitmap",
    .keys = kKeys,
    .arguments = kArguments,
    .run = run,
};

}  // namespace redstart
