// TYPE key: what kind of value a key holds.
#include "engine/commands/lookup.h"
#include "execution/command_context.h"

namespace redstart {
namespace {

void run(CommandContext& c) {
  const Entry* entry = look_at(c, c.arg(1));
  c.reply().simple(name_of(entry ? entry->type() : Type::none));
}

constexpr KeySpec kKeys[] = {
    {.flags = kKeyRO, .index = 1, .last = 0},
};

constexpr Argument kArguments[] = {
    {.name = "key", .type = ArgumentType::key, .key_spec = 0},
};

}  // namespace

REDSTART_COMMAND(type) = {
    .name = "type",
    .summary = "Tells the type of the value at a key.",
    .complexity = "O(1)",
    .since = "1.0.0",
    .group = CommandGroup::generic,
    .arity = 2,
    .flags = kReadonly | kFast,
    .acl_categories = "keyspace",
    .keys = kKeys,
    .arguments = kArguments,
    .run = run,
};

}  // namespace redstart
