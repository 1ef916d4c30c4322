// ZSCORE key member: the member's score
#include <optional>

#include "execution/command_context.h"
#include "types/zset/sorted_set.h"

namespace redstart {
namespace {

void run(CommandContext& c) {
  const Read read = c.read(c.arg(1), Type::zset);
  if (read.wrong_type) return;
  if (!read) return c.reply().null();
  Object object = read.object();
  const std::optional<double> score = SortedSet(object).score(c.arg(2));
  score ? c.reply().number(*score) : c.reply().null();
}

constexpr KeySpec kKeys[] = {
    {.flags = kKeyRO | kKeyAccess, .index = 1, .last = 0},
};

constexpr Argument kArguments[] = {
    {.name = "key", .type = ArgumentType::key, .key_spec = 0},
    {.name = "member", .type = ArgumentType::string},
};

}  // namespace

REDSTART_COMMAND(zscore) = {
    .name = "zscore",
    .summary = "Gives a member's score.",
    .complexity = "O(1)",
    .since = "1.2.0",
    .group = CommandGroup::sorted_set,
    .arity = 3,
    .flags = kReadonly | kFast,
    .acl_categories = "sortedset",
    .element_index = 2,
    .keys = kKeys,
    .arguments = kArguments,
    .run = run,
};

}  // namespace redstart
