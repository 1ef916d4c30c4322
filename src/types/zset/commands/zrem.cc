// ZREM key member ...: removes members
#include "execution/command_context.h"
#include "types/zset/sorted_set.h"

namespace redstart {
namespace {

void run(CommandContext& c) {
  Edit edit = c.edit(c.arg(1), Type::zset);
  if (edit.wrong_type()) return;
  if (!edit.exists()) return c.reply().integer(0);
  SortedSet set(edit.object());
  uint32_t removed = 0;
  for (const std::string_view member : c.args().subspan(2)) removed += set.remove(member);
  if (removed == 0) edit.unchanged();
  edit.count_changes(removed);
  c.reply().integer(removed);
}

constexpr KeySpec kKeys[] = {
    {.flags = kKeyRW | kKeyDelete, .index = 1, .last = 0},
};

constexpr Argument kArguments[] = {
    {.name = "key", .type = ArgumentType::key, .key_spec = 0},
    {.name = "member", .type = ArgumentType::string, .flags = kMultiple},
};

constexpr HistoryEntry kHistory[] = {
    {"2.4.0", "Takes several members."},
};

}  // namespace

REDSTART_COMMAND(zrem) = {
    .name = "zrem",
    .summary = "Removes members.",
    .complexity = "O(M*log(N)), M: members given, N: members of the set",
    .since = "1.2.0",
    .group = CommandGroup::sorted_set,
    .arity = -3,
    .flags = kWrite | kFast,
    .acl_categories = "sortedset",
    .element_index = 2,
    .keys = kKeys,
    .arguments = kArguments,
    .history = kHistory,
    .run = run,
};

}  // namespace redstart
