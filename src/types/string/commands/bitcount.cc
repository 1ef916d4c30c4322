// BITCOUNT key [start end [BYTE|BIT]]: how many bits of a string are set. As in Redis, the range is
// looked at only when the key exists.
#include "execution/command_context.h"
#include "types/string/commands/bits.h"

namespace redstart {
namespace {

void run(CommandContext& c) {
  const Read value = c.read(c.arg(1), Type::string);
  if (value.wrong_type) return;
  if (!value) return c.reply().integer(0);
  BitRangeText range;
  const size_t words = c.arg_count();
  if (words == 3 || words > 5) return c.syntax_error();
  if (words > 3) {
    if (!c.parse_integer(2, range.start) || !c.parse_integer(3, range.end)) return;
    if (range.start < 0 && range.end < 0 && range.start > range.end) return c.reply().integer(0);
    if (words == 5 && !parse_bit_unit(c, 4, range.in_bits)) return;
  }
  NumberBuffer buffer;
  const std::string_view bytes = value.entry->text(buffer);
  c.reply().integer(static_cast<int64_t>(bitmap::count(bytes, bits_within(range, bytes.size()))));
}

constexpr KeySpec kKeys[] = {
    {.flags = kKeyRO | kKeyAccess, .index = 1, .last = 0},
};

constexpr Argument kArgumentsUnit[] = {
    {.name = "byte", .type = ArgumentType::pure_token, .token = "BYTE"},
    {.name = "bit", .type = ArgumentType::pure_token, .token = "BIT"},
};

constexpr Argument kArgumentsIndex[] = {
    {.name = "start", .type = ArgumentType::integer},
    {.name = "end", .type = ArgumentType::integer},
    {.name = "index_unit",
     .type = ArgumentType::one_of,
     .flags = kOptional,
     .since = "7.0.0",
     .children = kArgumentsUnit},
};

constexpr Argument kArguments[] = {
    {.name = "key", .type = ArgumentType::key, .key_spec = 0},
    {.name = "index", .type = ArgumentType::block, .flags = kOptional, .children = kArgumentsIndex},
};

}  // namespace

REDSTART_COMMAND(bitcount) = {
    .name = "bitcount",
    .summary = "Counts the set bits of the string at a key, or of a part of it.",
    .complexity = "O(N), N: bytes of the part",
    .since = "2.6.0",
    .group = CommandGroup::bitmap,
    .arity = -2,
    .flags = kReadonly,
    .acl_categories = "bitmap",
    .keys = kKeys,
    .arguments = kArguments,
    .run = run,
};

}  // namespace redstart
