// HMGET key field [field ...]:
// gives the values of several fields of a hash, null for those it lacks.
#include "execution/command_context.h"
#include "types/hash/hash.h"

namespace redstart {
namespace {

void run(CommandContext& c) {
  const Read read = c.read(c.arg(1), Type::hash);
  if (read.wrong_type) return;
  c.reply().array(c.arg_count() - 2);
  Object object = read ? read.object() : Object{};
  char buffer[24];
  for (const std::string_view field : c.args().subspan(2)) {
    const auto value = read ? Hash(object, c.now_ms()).get(field, buffer) : std::nullopt;
    value ? c.reply().bulk(*value) : c.reply().null();
  }
}

constexpr KeySpec kKeys[] = {
    {.flags = kKeyRO | kKeyAccess, .index = 1, .last = 0},
};

constexpr Argument kArguments[] = {
    {.name = "key", .type = ArgumentType::key, .key_spec = 0},
    {.name = "field", .type = ArgumentType::string, .flags = kMultiple},
};

}  // namespace

REDSTART_COMMAND(hmget) = {
    .name = "hmget",
    .summary = "Gives the values of several fields of a hash, null for those it lacks.",
    .complexity = "O(N), N: fields asked for",
    .since = "2.0.0",
    .group = CommandGroup::hash,
    .arity = -3,
    .flags = kReadonly | kFast,
    .acl_categories = "hash",
    .element_index = 2,
    .keys = kKeys,
    .arguments = kArguments,
    .run = run,
};

}  // namespace redstart
