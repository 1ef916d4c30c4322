#include "types/hash/commands/field_deadlines.h"

#include <string>

#include "base/numbers.h"

namespace redstart {
namespace {

constexpr int64_t kDeadlineMaxMs = ((int64_t{1} << 48) - 2) >> 2;  // Redis's, about the year 4199

enum class Condition : uint8_t { always, none, any, later, earlier };

Condition condition_at(const CommandContext& c, size_t index) {
  if (c.arg_is(index, "NX")) return Condition::none;
  if (c.arg_is(index, "XX")) return Condition::any;
  if (c.arg_is(index, "GT")) return Condition::later;
  if (c.arg_is(index, "LT")) return Condition::earlier;
  return Condition::always;
}

// Whether the present deadline lets the new one pass. Without one, a field counts as living forever.
bool allows(Condition condition, int64_t present_ms, int64_t fresh_ms) {
  const bool has_deadline = present_ms != kNoDeadline;
  switch (condition) {
    case Condition::always: return true;
    case Condition::none: return !has_deadline;
    case Condition::any: return has_deadline;
    case Condition::later: return has_deadline && fresh_ms > present_ms;
    case Condition::earlier: return !has_deadline || fresh_ms < present_ms;
  }
  return true;
}

enum FieldResult : int64_t { kNoField = -2, kNoFieldDeadline = -1, kNotAllowed = 0, kSet = 1, kRemoved = 2 };

void reply_no_fields(CommandContext& c, size_t count) {
  c.reply().array(count);
  for (size_t i = 0; i < count; ++i) c.reply().integer(kNoField);
}

}  // namespace

bool parse_fields(CommandContext& c, size_t index, std::string_view count_error,
                  std::span<const std::string_view>& fields) {
  if (index >= c.arg_count() || !c.arg_is(index, "FIELDS")) {
    c.error("ERR Mandatory argument FIELDS is missing or not at the right position");
    return false;
  }
  const auto count = index + 1 < c.arg_count() ? parse_int64(c.arg(index + 1)) : std::nullopt;
  if (!count || *count < 1) {
    c.error(count_error);
    return false;
  }
  fields = c.args().subspan(index + 2);
  if (static_cast<uint64_t>(*count) == fields.size()) return true;
  c.error("ERR The `numfields` parameter must match the number of arguments");
  return false;
}

bool parse_field_time(CommandContext& c, size_t index, TimeUnit unit, TimeOrigin origin, int64_t& deadline_ms) {
  int64_t time;
  if (!c.parse_integer(index, time)) return false;
  if (time < 0) {
    c.error("ERR invalid expire time, must be >= 0");
    return false;
  }
  const int64_t factor = unit == TimeUnit::seconds ? 1000 : 1;
  const int64_t start_ms = origin == TimeOrigin::now ? c.access().wall_time_ms() : 0;
  if (time > kDeadlineMaxMs / factor || time * factor > kDeadlineMaxMs - start_ms) {
    c.error("ERR invalid expire time in '" + std::string(c.spec().name) + "' command");
    return false;
  }
  deadline_ms = time * factor + start_ms;
  return true;
}

bool is_field_time_unit(const CommandContext& c, size_t index, TimeUnit& unit, TimeOrigin& origin) {
  const bool ex = c.arg_is(index, "EX"), exat = c.arg_is(index, "EXAT");
  const bool px = c.arg_is(index, "PX"), pxat = c.arg_is(index, "PXAT");
  unit = ex || exat ? TimeUnit::seconds : TimeUnit::milliseconds;
  origin = ex || px ? TimeOrigin::now : TimeOrigin::epoch;
  return ex || exat || px || pxat;
}

void FieldDeadlineEdit::apply(std::string_view field) {
  removes() ? static_cast<void>(hash_.erase(field)) : hash_.set_deadline_ms(field, deadline_ms_);
  ++count_;
  if (c_.access().records_effects()) applied_.push_back(field);
}

void FieldDeadlineEdit::finish() {
  if (count_ == 0) return edit_.unchanged();
  const bool persists = deadline_ms_ == kNoDeadline;
  edit_.event(removes() ? "hdel" : persists ? "hpersist" : "hexpire");
  edit_.count_changes(static_cast<uint32_t>(count_));
  if (applied_.empty()) return;
  char deadline[24], number[24];
  std::vector<std::string_view> words = {removes() ? "HDEL" : persists ? "HPERSIST" : "HPEXPIREAT", c_.arg(1)};
  if (!removes()) {
    if (!persists) words.push_back({deadline, format_int64(deadline_ms_, deadline)});
    words.push_back("FIELDS");
    words.push_back({number, format_int64(static_cast<int64_t>(count_), number)});
  }
  words.insert(words.end(), applied_.begin(), applied_.end());
  c_.effect(words);
}

void set_field_deadlines(CommandContext& c, TimeUnit unit, TimeOrigin origin) {
  int64_t deadline_ms;
  if (!parse_field_time(c, 2, unit, origin, deadline_ms)) return;
  const Condition condition = condition_at(c, 3);
  std::span<const std::string_view> fields;
  if (!parse_fields(c, condition == Condition::always ? 3 : 4,
                    "ERR Parameter `numFields` should be greater than 0", fields)) {
    return;
  }
  Edit edit = c.edit(c.arg(1), Type::hash);
  if (edit.wrong_type()) return;
  if (!edit.exists()) return reply_no_fields(c, fields.size());
  FieldDeadlineEdit deadlines(c, edit, deadline_ms);
  c.reply().array(fields.size());
  for (const std::string_view field : fields) {
    const auto present_ms = deadlines.hash().deadline_ms(field);
    if (!present_ms) {
      c.reply().integer(kNoField);
    } else if (!allows(condition, *present_ms, deadline_ms)) {
      c.reply().integer(kNotAllowed);
    } else {
      deadlines.apply(field);
      c.reply().integer(deadlines.removes() ? kRemoved : kSet);
    }
  }
  deadlines.finish();
}

void reply_field_deadlines(CommandContext& c, TimeUnit unit, TimeOrigin origin) {
  std::span<const std::string_view> fields;
  if (!parse_fields(c, 2, kFieldCountError, fields)) return;
  const Read read = c.read(c.arg(1), Type::hash);
  if (read.wrong_type) return;
  if (!read) return reply_no_fields(c, fields.size());
  Object object = read.object();
  const Hash hash(object, c.now_ms());
  const int64_t start_ms = origin == TimeOrigin::now ? c.now_ms() : 0;
  c.reply().array(fields.size());
  for (const std::string_view field : fields) {
    const auto deadline_ms = hash.deadline_ms(field);
    if (!deadline_ms) {
      c.reply().integer(kNoField);
    } else if (*deadline_ms == kNoDeadline) {
      c.reply().integer(kNoFieldDeadline);
    } else {
      const int64_t time_ms = *deadline_ms - start_ms;
      c.reply().integer(unit == TimeUnit::seconds ? (time_ms + 999) / 1000 : time_ms);
    }
  }
}

}  // namespace redstart
