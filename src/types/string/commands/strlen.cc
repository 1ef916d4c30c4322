// STRLEN key: the size of a string.
#include "execution/command_context.h"

namespace redstart {
namespace {

void run(CommandContext& c) {
  const Read value = c.read(c.arg(1), Type::string);
  if (value.wrong_type) return;
  c.reply().integer(value ? static_cast<int64_t>(value.entry->text_size()) : 0);
}

constexpr KeySpec kKeys[] = {
    {.flags = kKeyRO, .index = 1, .last = 0},
};

constexpr Argument kArguments[] = {
    {.name = "key", .type = ArgumentType::key, .key_spec = 0},
};

}  // namespace

REDSTART_COMMAND(strlen) = {
    .name = "strlen",
    .summary = "Tells the size of the string at a key in bytes.",
    .complexity = "O(1)",
    .since = "2.2.0",
    .group = CommandGroup::string,
    .arity = 2,
    .flags = kReadonly | kFast,
    .acl_categories = "string",
    .keys = kKeys,
    .arguments = kArguments,
    .run = run,
};

}  // namespace redstart
