// SETRANGE key offset value: overwrites a part of a string.
#include <algorithm>
#include <cstring>

#include "execution/command_context.h"
#include "types/string/commands/text.h"

namespace redstart {
namespace {

void run(CommandContext& c) {
  int64_t offset;
  if (!c.parse_integer(2, offset)) return;
  if (offset < 0) return c.error("ERR offset is out of range");
  const std::string_view part = c.arg(3);
  Edit edit = c.edit(c.arg(1), Type::string);
  if (edit.wrong_type()) return;
  const size_t size = edit.exists() ? edit.entry()->text_size() : 0;
  if (part.empty()) return c.reply().integer(static_cast<int64_t>(size));
  const auto start = static_cast<size_t>(offset);
  if (!allows_size(c, start, part.size())) return;
  const size_t new_size = std::max(size, start + part.size());
  std::memcpy(edit.resize_text(new_size) + start, part.data(), part.size());
  c.reply().integer(static_cast<int64_t>(new_size));
}

constexpr KeySpec kKeys[] = {
    {.flags = kKeyRW | kKeyUpdate, .index = 1, .last = 0},
};

constexpr Argument kArguments[] = {
    {.name = "key", .type = ArgumentType::key, .key_spec = 0},
    {.name = "offset", .type = ArgumentType::integer},
    {.name = "value", .type = ArgumentType::string},
};

}  // namespace

REDSTART_COMMAND(setrange) = {
    .name = "setrange",
    .summary = "Overwrites a part of the string at a key, which grows as needed.",
    .complexity = "O(N), N: bytes written, and those of the whole string when it grows",
    .since = "2.2.0",
    .group = CommandGroup::string,
    .arity = 4,
    .flags = kWrite | kDenyOom,
    .acl_categories = "string",
    .keys = kKeys,
    .arguments = kArguments,
    .run = run,
};

}  // namespace redstart
