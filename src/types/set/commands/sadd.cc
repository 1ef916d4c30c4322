// SADD key member [member ...]: adds members to a set and replies how many of them are new.
#include "execution/command_context.h"
#include "types/set/set.h"

namespace redstart {
namespace {

void run(CommandContext& c) {
  Edit edit = c.edit(c.arg(1), Type::set);
  if (edit.wrong_type()) return;
  Set set(edit.object());
  uint32_t added = 0;
  for (const std::string_view member : c.args().subspan(2)) added += set.add(member, c.limits());
  if (added == 0) edit.unchanged();
  edit.count_changes(added);
  c.reply().integer(added);
}

constexpr KeySpec kKeys[] = {
    {.flags = kKeyRW | kKeyInsert, .index = 1, .last = 0},
};

constexpr Argument kArguments[] = {
    {.name = "key", .type = ArgumentType::key, .key_spec = 0},
    {.name = "member", .type = ArgumentType::string, .flags = kMultiple},
};

constexpr HistoryEntry kHistory[] = {
    {"2.4.0", "Takes several members."},
};

}  // namespace

REDSTART_COMMAND(sadd) = {
    .name = "sadd",
    .summary = "Adds members to a set and replies how many of them are new.",
    .complexity = "O(N), N: elements given",
    .since = "1.0.0",
    .group = CommandGroup::set,
    .arity = -3,
    .flags = kWrite | kDenyOom | kFast,
    .acl_categories = "set",
    .element_index = 2,
    .keys = kKeys,
    .arguments = kArguments,
    .history = kHistory,
    .run = run,
};

}  // namespace redstart
