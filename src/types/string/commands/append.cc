// APPEND key value: puts bytes behind a string.
#include <cstring>

#include "execution/command_context.h"
#include "types/string/commands/text.h"

namespace redstart {
namespace {

void run(CommandContext& c) {
  const std::string_view more = c.arg(2);
  Edit edit = c.edit(c.arg(1), Type::string);
  if (edit.wrong_type()) return;
  const size_t size = edit.exists() ? edit.entry()->text_size() : 0;
  if (edit.exists()) {
    if (!allows_size(c, size, more.size())) return;
    std::memcpy(edit.resize_text(size + more.size()) + size, more.data(), more.size());
  } else {
    edit.set_text(more);
  }
  c.reply().integer(static_cast<int64_t>(size + more.size()));
}

constexpr KeySpec kKeys[] = {
    {.flags = kKeyRW | kKeyInsert, .index = 1, .last = 0},
};

constexpr Argument kArguments[] = {
    {.name = "key", .type = ArgumentType::key, .key_spec = 0},
    {.name = "value", .type = ArgumentType::string},
};

}  // namespace

REDSTART_COMMAND(append) = {
    .name = "append",
    .summary = "Puts bytes behind the string at a key, or makes it of them.",
    .complexity = "O(N) amortized, N: bytes appended",
    .since = "2.0.0",
    .group = CommandGroup::string,
    .arity = 3,
    .flags = kWrite | kDenyOom | kFast,
    .acl_categories = "string",
    .keys = kKeys,
    .arguments = kArguments,
    .run = run,
};

}  // namespace redstart
