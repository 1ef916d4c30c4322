// XACK key group id ...: what a consumer was given is done with
#include "types/commands/note_read.h"
#include "types/stream/commands/group.h"

namespace redstart {
namespace {

void run(CommandContext& c) {
  Edit edit = c.edit(c.arg(1), Type::stream);
  note_read(c, edit.exists(), c.arg(1));
  if (edit.wrong_type()) return;
  ConsumerGroup* group = find_group(edit, c.arg(2));
  if (!group) return c.reply().integer(0);
  std::vector<StreamId> ids;
  if (!parse_ids(c, 3, c.arg_count(), ids)) return;
  edit.object();
  edit.concerns(ChangeAudience::nobody);
  uint32_t acknowledged = 0;
  for (const StreamId& id : ids) acknowledged += group->forget(id);
  if (acknowledged == 0) edit.unchanged();
  edit.count_changes(acknowledged);
  c.reply().integer(acknowledged);
}

constexpr KeySpec kKeys[] = {
    {.flags = kKeyRW | kKeyUpdate, .index = 1, .last = 0},
};

constexpr Argument kArguments[] = {
    {.name = "key", .type = ArgumentType::key, .key_spec = 0},
    {.name = "group", .type = ArgumentType::string},
    {.name = "id", .type = ArgumentType::string, .flags = kMultiple},
};

}  // namespace

REDSTART_COMMAND(xack) = {
    .name = "xack",
    .summary = "Takes entries out of a group's pending ones, and tells how many were among them.",
    .complexity = "O(N*log(P)), N: ids given, P: pending entries of the group",
    .since = "5.0.0",
    .group = CommandGroup::stream,
    .arity = -4,
    .flags = kWrite | kFast,
    .acl_categories = "stream",
    .keys = kKeys,
    .arguments = kArguments,
    .run = run,
};

}  // namespace redstart
