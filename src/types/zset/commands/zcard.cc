// ZCARD key: how many members there are
#include "execution/command_context.h"
#include "types/zset/sorted_set.h"

namespace redstart {
namespace {

void run(CommandContext& c) {
  const Read read = c.read(c.arg(1), Type::zset);
  if (read.wrong_type) return;
  c.reply().integer(read ? static_cast<int64_t>(element_count(read.object())) : 0);
}

constexpr KeySpec kKeys[] = {
    {.flags = kKeyRO, .index = 1, .last = 0},
};

constexpr Argument kArguments[] = {
    {.name = "key", .type = ArgumentType::key, .key_spec = 0},
};

}  // namespace

REDSTART_COMMAND(zcard) = {
    .name = "zcard",
    .summary = "Counts the members.",
    .complexity = "O(1)",
    .since = "1.2.0",
    .group = CommandGroup::sorted_set,
    .arity = 2,
    .flags = kReadonly | kFast,
    .acl_categories = "sortedset",
    .keys = kKeys,
    .arguments = kArguments,
    .run = run,
};

}  // namespace redstart
