// HGETEX key [EX | PX | EXAT | PXAT time | PERSIST] FIELDS numfields field [field ...]:
// the values of fields, which get another deadline.
#include "types/hash/commands/field_deadlines.h"

namespace redstart {
namespace {

void run(CommandContext& c) {
  TimeUnit unit;
  TimeOrigin origin;
  int64_t deadline_ms = kNoDeadline;
  const bool has_time = is_field_time_unit(c, 2, unit, origin);
  const bool persists = c.arg_is(2, "PERSIST");
  if (has_time && !parse_field_time(c, 3, unit, origin, deadline_ms)) return;
  std::span<const std::string_view> fields;
  if (!parse_fields(c, has_time ? 4 : persists ? 3 : 2, kFieldCountError, fields)) return;
  Edit edit = c.edit(c.arg(1), Type::hash);
  if (edit.wrong_type()) return;
  FieldDeadlineEdit deadlines(c, edit, deadline_ms);
  c.reply().array(fields.size());
  for (const std::string_view field : fields) {
    if (!reply_field(c, deadlines.hash(), field)) continue;
    if (has_time || (persists && deadlines.hash().deadline_ms(field) != kNoDeadline)) deadlines.apply(field);
  }
  deadlines.finish();
}

constexpr KeySpec kKeys[] = {
    {.flags = kKeyRW | kKeyAccess | kKeyUpdate, .index = 1, .last = 0},
};

constexpr Argument kArguments[] = {
    {.name = "key", .type = ArgumentType::key, .key_spec = 0},
    {.name = "expiration",
     .type = ArgumentType::one_of,
     .flags = kOptional,
     .children = kExpiryOrPersistArguments},
    kFieldsArgument,
};

}  // namespace

REDSTART_COMMAND(hgetex) = {
    .name = "hgetex",
    .summary = "Gives the values of fields of a hash and changes or takes away their deadlines.",
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
