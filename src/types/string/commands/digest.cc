// DIGEST key: a fingerprint of the string at a key.
#include "types/string/commands/comparison.h"

namespace redstart {
namespace {

void run(CommandContext& c) {
  const Read read = c.read(c.arg(1), Type::string);
  if (read.wrong_type) return;
  if (!read) return c.reply().null();
  NumberBuffer buffer;
  c.reply().bulk(value_digest(read.entry->text(buffer)));
}

constexpr KeySpec kKeys[] = {
    {.flags = kKeyRO | kKeyAccess, .index = 1, .last = 0},
};

constexpr Argument kArguments[] = {
    {.name = "key", .type = ArgumentType::key, .key_spec = 0},
};

}  // namespace

REDSTART_COMMAND(digest) = {
    .name = "digest",
    .summary = "Tells the fingerprint of a string, XXH3 in hexadecimal digits.",
    .complexity = "O(N), N: bytes of the string",
    .since = "8.4.0",
    .group = CommandGroup::string,
    .arity = 2,
    .flags = kReadonly | kFast,
    .acl_categories = "string",
    .keys = kKeys,
    .arguments = kArguments,
    .run = run,
};

}  // namespace redstart
