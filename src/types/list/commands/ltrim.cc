// LTRIM key start stop: removes the elements that are not between two indices.
#include "execution/command_context.h"
#include "types/list/commands/indices.h"
#include "types/list/list.h"

namespace redstart {
namespace {

void run(CommandContext& c) {
  int64_t start, stop;
  if (!c.parse_integer(2, start) || !c.parse_integer(3, stop)) return;
  Edit edit = c.edit(c.arg(1), Type::list);
  if (edit.wrong_type()) return;
  if (!edit.exists()) return c.reply().ok();
  List list(edit.object());
  const size_t size = list.size();
  const ListSlice kept = list_slice(start, stop, size);
  edit.count_changes(static_cast<uint32_t>(size - kept.count));
  c.reply().ok();
  if (kept.count == 0) return edit.remove();
  const size_t end = kept.first + kept.count;
  if (end < size) list.erase(end, size - end);
  list.erase(0, kept.first);
}

constexpr KeySpec kKeys[] = {
    {.flags = kKeyRW | kKeyDelete, .index = 1, .last = 0},
};

constexpr Argument kArguments[] = {
    {.name = "key", .type = ArgumentType::key, .key_spec = 0},
    {.name = "start", .type = ArgumentType::integer},
    {.name = "stop", .type = ArgumentType::integer},
};

}  // namespace

REDSTART_COMMAND(ltrim) = {
    .name = "ltrim",
    .summary = "Removes the elements that are not between two indices.",
    .complexity = "O(N), N: elements removed",
    .since = "1.0.0",
    .group = CommandGroup::list,
    .arity = 4,
    .flags = kWrite,
    .acl_categories = "list",
    .keys = kKeys,
    .arguments = kArguments,
    .run = run,
};

}  // namespace redstart
