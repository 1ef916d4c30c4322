// SETBIT key offset value: gives a bit of a string its value.
#include "execution/command_context.h"
#include "types/string/commands/bits.h"

namespace redstart {
namespace {

constexpr std::string_view kBadBit = "ERR bit is not an integer or out of range";

void run(CommandContext& c) {
  uint64_t offset;
  if (!parse_bit_offset(c, 2, offset)) return;
  int64_t on;
  if (!c.parse_integer(3, on, kBadBit)) return;
  if (on != 0 && on != 1) return c.error(kBadBit);
  Edit edit = c.edit(c.arg(1), Type::string);
  if (edit.wrong_type()) return;
  const auto [bytes, grew] = open_bits(edit, offset);
  char& byte = bytes[offset >> 3];
  const auto mask = static_cast<uint8_t>(0x80u >> (offset & 7));
  const bool was_on = (static_cast<uint8_t>(byte) & mask) != 0;
  if (!grew && was_on == (on != 0)) {
    edit.unchanged();
  } else {
    byte = static_cast<char>(on != 0 ? byte | mask : byte & ~mask);
  }
  c.reply().integer(was_on);
}

constexpr KeySpec kKeys[] = {
    {.flags = kKeyRW | kKeyAccess | kKeyUpdate, .index = 1, .last = 0},
};

constexpr Argument kArguments[] = {
    {.name = "key", .type = ArgumentType::key, .key_spec = 0},
    {.name = "offset", .type = ArgumentType::integer},
    {.name = "value", .type = ArgumentType::integer},
};

}  // namespace

REDSTART_COMMAND(setbit) = {
    .name = "setbit",
    .summary = "Sets or clears a bit of the string at a key, which grows as needed.",
    .complexity = "O(1), or O(N) where the string grows, N: its bytes",
    .since = "2.2.0",
    .group = CommandGroup::bitmap,
    .arity = 4,
    .flags = kWrite | kDenyOom,
    .acl_categories = "bitmap",
    .keys = kKeys,
    .arguments = kArguments,
    .run = run,
};

}  // namespace redstart
