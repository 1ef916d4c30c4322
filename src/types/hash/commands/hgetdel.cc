// HGETDEL key FIELDS numfields field [field ...]: the values of fields, which are removed.
#include "types/hash/commands/field_deadlines.h"

namespace redstart {
namespace {

void run(CommandContext& c) {
  std::span<const std::string_view> fields;
  if (!parse_fields(c, 2, kFieldCountError, fields)) return;
  Edit edit = c.edit(c.arg(1), Type::hash);
  if (edit.wrong_type()) return;
  Hash hash(edit.object(), c.now_ms());
  std::vector<std::string_view> removed = {"HDEL", c.arg(1)};
  c.reply().array(fields.size());
  for (const std::string_view field : fields) {
    if (!reply_field(c, hash, field)) continue;
    hash.erase(field);
    removed.push_back(field);
  }
  const auto count = static_cast<uint32_t>(removed.size() - 2);
  if (count == 0) return edit.unchanged();
  edit.event("hdel");
  edit.count_changes(count);
  c.effect(removed);
}

constexpr KeySpec kKeys[] = {
    {.flags = kKeyRW | kKeyAccess | kKeyDelete, .index = 1, .last = 0},
};

constexpr Argument kArguments[] = {
    {.name = "key", .type = ArgumentType::key, .key_spec = 0},
    kFieldsArgument,
};

}  // namespace

REDSTART_COMMAND(hgetdel) = {
    .name = "hgetdel",
    .summary = "Gives the values of fields of a hash and removes the fields.",
    .complexity = "O(N) in the number of fields.",
    .since = "8.0.0",
    .group = CommandGroup::hash,
    .arity = -5,
    .flags = kWrite | kFast,
    .acl_categories = "hash",
    .keys = kKeys,
    .arguments = kArguments,
    .run = run,
};

}  // namespace redstart
