// What the commands share that give fields of a hash deadlines: HEXPIRE and HTTL with their families, HPERSIST,
// HGETEX, HSETEX, HGETDEL.
//
// Threads: as CommandContext.
#pragma once

#include <span>
#include <string_view>
#include <vector>

#include "engine/commands/deadlines.h"
#include "execution/command_context.h"
#include "types/hash/hash.h"

namespace redstart {

// key time [NX | XX | GT | LT] FIELDS numfields field [field ...]: gives fields a deadline, or removes those of
// which it has passed.
void set_field_deadlines(CommandContext& c, TimeUnit unit, TimeOrigin origin);
// key FIELDS numfields field [field ...]: replies the fields' deadlines; -1: it has none, -2: no such field.
void reply_field_deadlines(CommandContext& c, TimeUnit unit, TimeOrigin origin);

// The fields behind FIELDS numfields, which begins with argument `index` and ends the command. False: the error
// has been replied; a bad number is answered with `count_error`.
inline constexpr std::string_view kFieldCountError = "ERR Number of fields must be a positive integer";
bool parse_fields(CommandContext& c, size_t index, std::string_view count_error,
                  std::span<const std::string_view>& fields);

// A field's deadline, said in argument `index`, as Unix milliseconds. False: the error has been replied.
bool parse_field_time(CommandContext& c, size_t index, TimeUnit unit, TimeOrigin origin, int64_t& deadline_ms);

// EX, PX, EXAT or PXAT. False: it is another word.
bool is_field_time_unit(const CommandContext& c, size_t index, TimeUnit& unit, TimeOrigin& origin);

// Replies a field's value, null when there is none.
inline bool reply_field(CommandContext& c, const Hash& hash, std::string_view field) {
  char buffer[24];
  const auto value = hash.get(field, buffer);
  value ? c.reply().bulk(*value) : c.reply().null();
  return value.has_value();
}

// Gives deadlines to fields of a hash that is being edited, and takes care of the change's events and effects:
// fields whose deadline has passed already are removed.
class FieldDeadlineEdit {
 public:
  FieldDeadlineEdit(CommandContext& c, Edit& edit, int64_t deadline_ms)
      : c_(c), edit_(edit), hash_(edit.object(), c.now_ms()), deadline_ms_(deadline_ms) {}

  Hash& hash() { return hash_; }
  bool removes() const { return deadline_ms_ != kNoDeadline && deadline_ms_ <= c_.now_ms(); }
  // REQUIRES: the hash has the field.
  void apply(std::string_view field);
  size_t count() const { return count_; }
  // Says the effect, in absolute time: HPEXPIREAT, HPERSIST or HDEL. Nothing was applied: nothing changed.
  void finish();

 private:
  CommandContext& c_;
  Edit& edit_;
  Hash hash_;
  const int64_t deadline_ms_;
  size_t count_ = 0;
  std::vector<std::string_view> applied_;  // only when effects are recorded
};

// The arguments `FIELDS numfields field [field ...]`.
inline constexpr Argument kFieldListArguments[] = {
    {.name = "numfields", .type = ArgumentType::integer},
    {.name = "field", .type = ArgumentType::string, .flags = kMultiple},
};
inline constexpr Argument kFieldsArgument = {
    .name = "fields", .type = ArgumentType::block, .token = "FIELDS", .children = kFieldListArguments};

}  // namespace redstart
