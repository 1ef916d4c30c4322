// ZMSCORE key member ...: each member's score
#include <optional>

#include "execution/command_context.h"
#include "types/zset/sorted_set.h"

namespace redstart {
namespace {

void run(CommandContext& c) {
  const Read read = c.read(c.arg(1), Type::zset);
  if (read.wrong_type) return;
  Object object = read ? read.object() : Object{};
  c.reply().array(c.arg_count() - 2);
  for (const std::string_view member : c.args().subspan(2)) {
    const auto score = read ? SortedSet(object).score(member) : std::nullopt;
    score ? c.reply().number(*score) : c.reply().null();
  }
}

constexpr KeySpec kKeys[] = {
    {.flags = kKeyRO | kKeyAccess, .index = 1, .last = 0},
};

constexpr Argument kArguments[] = {
    {.name = "key", .type = ArgumentType::key, .key_spec = 0},
    {.name = "member", .type = ArgumentType::string, .flags = kMultiple},
};

}  // namespace

REDSTART_COMMAND(zmscore) = {
    .name = "zmscore",
    .summary = "Gives the scores of members, null for those that are missing.",
    .complexity = "O(N), N: members asked for",
    .since = "6.2.0",
    .group = CommandGroup::sorted_set,
    .arity = -3,
    .flags = kReadonly | kFast,
    .acl_categories = "sortedset",
    .element_index = 2,
    .keys = kKeys,
    .arguments = kArguments,
    .run = run,
};

}  // namespace redstart
