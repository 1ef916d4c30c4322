// GETBIT key offset: a bit of a string.
#include "execution/command_context.h"
#include "types/string/commands/bits.h"

namespace redstart {
namespace {

void run(CommandContext& c) {
  uint64_t offset;
  if (!parse_bit_offset(c, 2, offset)) return;
  const Read value = c.read(c.arg(1), Type::string);
  if (value.wrong_type) return;
  NumberBuffer buffer;
  c.reply().integer(value && bitmap::bit_at(value.entry->text(buffer), offset));
}

constexpr KeySpec kKeys[] = {
    {.flags = kKeyRO | kKeyAccess, .index = 1, .last = 0},
};

constexpr Argument kArguments[] = {
    {.name = "key", .type = ArgumentType::key, .key_spec = 0},
    {.name = "offset", .type = ArgumentType::integer},
};

}  // namespace

REDSTART_COMMAND(getbit) = {
    .name = "getbit",
    .summary = "Tells a bit of the string at a key.",
    .complexity = "O(1)",
    .since = "2.2.0",
    .group = CommandGroup::bitmap,
    .arity = 3,
    .flags = kReadonly | kFast,
    .acl_categories = "bitmap",
    .keys = kKeys,
    .arguments = kArguments,
    .run = run,
};

}  // namespace redstart
