// XLEN key: how many entries a stream has
#include "execution/command_context.h"
#include "types/stream/stream.h"

namespace redstart {
namespace {

void run(CommandContext& c) {
  const Read read = c.read(c.arg(1), Type::stream);
  if (read.wrong_type) return;
  Object object = read ? read.object() : Object{};
  c.reply().integer(read ? static_cast<int64_t>(Stream(object).size()) : 0);
}

constexpr KeySpec kKeys[] = {
    {.flags = kKeyRO, .index = 1, .last = 0},
};

constexpr Argument kArguments[] = {
    {.name = "key", .type = ArgumentType::key, .key_spec = 0},
};

}  // namespace

REDSTART_COMMAND(xlen) = {
    .name = "xlen",
    .summary = "Tells how many entries a stream has.",
    .complexity = "O(1)",
    .since = "5.0.0",
    .group = CommandGroup::stream,
    .arity = 2,
    .flags = kReadonly | kFast,
    .acl_categories = "stream",
    .keys = kKeys,
    .arguments = kArguments,
    .run = run,
};

}  // namespace redstart
