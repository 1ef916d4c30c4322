// HPERSIST key FIELDS numfields field [field ...]: takes the deadlines of fields away.
#include "types/hash/commands/field_deadlines.h"

namespace redstart {
namespace {

enum Result : int64_t { kNoField = -2, kNoFieldDeadline = -1, kPersisted = 1 };

void run(CommandContext& c) {
  std::span<const std::string_view> fields;
  if (!parse_fields(c, 2, kFieldCountError, fields)) return;
  Edit edit = c.edit(c.arg(1), Type::hash);
  if (edit.wrong_type()) return;
  FieldDeadlineEdit deadlines(c, edit, kNoDeadline);
  c.reply().array(fields.size());
  for (const std::string_view field : fields) {
    const auto present_ms = deadlines.hash().deadline_ms(field);
    if (!present_ms) {
      c.reply().integer(kNoField);
    } else if (*present_ms == kNoDeadline) {
      c.reply().integer(kNoFieldDeadline);
    } else {
      deadlines.apply(field);
      c.reply().integer(kPersisted);
    }
  }
  deadlines.finish();
}

constexpr KeySpec kKeys[] = {
    {.flags = kKeyRW | kKeyUpdate, .index = 1, .last = 0},
};

constexpr Argument kArguments[] = {
    {.name = "key", .type = ArgumentType::key, .key_spec = 0},
    kFieldsArgument,
};

}  // namespace

REDSTART_COMMAND(hpersist) = {
    .name = "hpersist",
    .summary = "Takes the deadlines of fields of a hash away.",
    .complexity = "O(N) in the number of fields.",
    .since = "7.4.0",
    .group = CommandGroup::hash,
    .arity = -5,
    .flags = kWrite | kFast,
    .acl_categories = "hash",
    .keys = kKeys,
    .arguments = kArguments,
    .run = run,
};

}  // namespace redstart
