// HDEL key field [field ...]: removes fields of a hash and replies how many there were.
#include "execution/command_context.h"
#include "types/hash/hash.h"

namespace redstart {
namespace {

void run(CommandContext& c) {
  Edit edit = c.edit(c.arg(1), Type::hash);
  if (edit.wrong_type()) return;
  if (!edit.exists()) return c.reply().integer(0);
  Hash hash(edit.object(), c.now_ms());
  uint32_t removed = 0;
  for (const std::string_view field : c.args().subspan(2)) removed += hash.erase(field);
  if (removed == 0) edit.unchanged();
  edit.count_changes(removed);
  c.reply().integer(removed);
}

constexpr KeySpec kKeys[] = {
    {.flags = kKeyRW | kKeyDelete, .index = 1, .last = 0},
};

constexpr Argument kArguments[] = {
    {.name = "key", .type = ArgumentType::key, .key_spec = 0},
    {.name = "field", .type = ArgumentType::string, .flags = kMultiple},
};

constexpr HistoryEntry kHistory[] = {
    {"2.4.0", "Takes several fields."},
};

}  // namespace

REDSTART_COMMAND(hdel) = {
    .name = "hdel",
    .summary = "Removes fields of a hash and replies how many there were.",
    .complexity = "O(N), N: fields given",
    .since = "2.0.0",
    .group = CommandGroup::hash,
    .arity = -3,
    .flags = kWrite | kFast,
    .acl_categories = "hash",
    .element_index = 2,
    .keys = kKeys,
    .arguments = kArguments,
    .history = kHistory,
    .run = run,
};

}  // namespace redstart
