// XDEL key id ...: takes entries out
#include "execution/command_context.h"
#include "types/stream/commands/arguments.h"

namespace redstart {
namespace {

void run(CommandContext& c) {
  Edit edit = c.edit(c.arg(1), Type::stream);
  if (edit.wrong_type()) return;
  if (!edit.exists()) return c.reply().integer(0);
  std::vector<StreamId> ids;
  if (!parse_ids(c, 2, c.arg_count(), ids)) return;
  Stream stream(edit.object());
  uint32_t removed = 0;
  for (const StreamId& id : ids) removed += stream.erase(id);
  if (removed == 0) edit.unchanged();
  edit.count_changes(removed);
  c.reply().integer(removed);
}

constexpr KeySpec kKeys[] = {
    {.flags = kKeyRW | kKeyDelete, .index = 1, .last = 0},
};

constexpr Argument kArguments[] = {
    {.name = "key", .type = ArgumentType::key, .key_spec = 0},
    {.name = "id", .type = ArgumentType::string, .flags = kMultiple},
};

}  // namespace

REDSTART_COMMAND(xdel) = {
    .name = "xdel",
    .summary = "Takes entries out of a stream, and tells how many were there.",
    .complexity = "O(N*log(S)), N: ids given, S: entries of the stream",
    .since = "5.0.0",
    .group = CommandGroup::stream,
    .arity = -3,
    .flags = kWrite | kFast,
    .acl_categories = "stream",
    .keys = kKeys,
    .arguments = kArguments,
    .run = run,
};

}  // namespace redstart
