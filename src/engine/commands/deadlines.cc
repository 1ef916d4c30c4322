#include "engine/commands/deadlines.h"

#include <algorithm>
#include <string>

#include "base/numbers.h"
#include "engine/commands/lookup.h"

namespace redstart {
namespace {

// When the present deadline lets the new one pass. Without one, a key counts as living forever.
struct Condition {
  bool if_none = false;     // NX
  bool if_any = false;      // XX
  bool if_later = false;    // GT
  bool if_earlier = false;  // LT

  bool allows(int64_t present_ms, int64_t fresh_ms) const {
    const bool has_deadline = present_ms != kNoDeadline;
    if (if_none && has_deadline) return false;
    if (if_any && !has_deadline) return false;
    if (if_later && (!has_deadline || fresh_ms <= present_ms)) return false;
    return !if_earlier || !has_deadline || fresh_ms < present_ms;
  }
};

bool parse_condition(CommandContext& c, Condition& condition) {
  for (size_t i = 3; i < c.arg_count(); ++i) {
    if (c.arg_is(i, "NX")) {
      condition.if_none = true;
    } else if (c.arg_is(i, "XX")) {
      condition.if_any = true;
    } else if (c.arg_is(i, "GT")) {
      condition.if_later = true;
    } else if (c.arg_is(i, "LT")) {
      condition.if_earlier = true;
    } else {
      // Up to the first zero byte, as Redis quotes it.
      c.error("ERR Unsupported option " + std::string(c.arg(i).substr(0, c.arg(i).find('\0'))));
      return false;
    }
  }
  if (condition.if_none && (condition.if_any || condition.if_later || condition.if_earlier)) {
    c.error("ERR NX and XX, GT or LT options at the same time are not compatible");
    return false;
  }
  if (condition.if_later && condition.if_earlier) {
    c.error("ERR GT and LT options at the same time are not compatible");
    return false;
  }
  return true;
}

bool parse_time(CommandContext& c, TimeUnit unit, TimeOrigin origin, int64_t& deadline_ms) {
  if (!c.parse_integer(2, deadline_ms)) return false;
  const int64_t start_ms = origin == TimeOrigin::now ? c.access().wall_time_ms() : 0;
  const int64_t factor = unit == TimeUnit::seconds ? 1000 : 1;
  if (!__builtin_mul_overflow(deadline_ms, factor, &deadline_ms) &&
      !__builtin_add_overflow(deadline_ms, start_ms, &deadline_ms)) {
    return true;
  }
  c.error("ERR invalid expire time in '" + std::string(c.spec().name) + "' command");
  return false;
}

}  // namespace

void set_key_deadline(CommandContext& c, TimeUnit unit, TimeOrigin origin) {
  Condition condition;
  int64_t deadline_ms;
  if (!parse_condition(c, condition) || !parse_time(c, unit, origin, deadline_ms)) return;
  const std::string_view key = c.arg(1);
  Edit edit = c.edit(key, Type::none);
  if (!edit.exists() || !condition.allows(edit.deadline_ms(), deadline_ms)) {
    return c.reply().integer(0);
  }
  if (deadline_ms <= c.now_ms()) {
    edit.remove();
    edit.event("del");
    c.effect({"DEL", key});
  } else {
    char text[24];
    edit.set_deadline_ms(deadline_ms);
    edit.event("expire");
    c.effect({"PEXPIREAT", key, {text, format_int64(deadline_ms, text)}});
  }
  c.reply().integer(1);
}

void reply_key_deadline(CommandContext& c, TimeUnit unit, TimeOrigin origin) {
  const Entry* entry = look_at(c, c.arg(1));
  if (!entry) return c.reply().integer(-2);
  if (!entry->has_deadline()) return c.reply().integer(-1);
  const int64_t start_ms = origin == TimeOrigin::now ? c.now_ms() : 0;
  const int64_t time_ms = std::max<int64_t>(entry->deadline_ms() - start_ms, 0);
  // Rounded to the nearest second, without overflow.
  const int64_t seconds = time_ms / 1000 + (time_ms % 1000 >= 500 ? 1 : 0);
  c.reply().integer(unit == TimeUnit::seconds ? seconds : time_ms);
}

}  // namespace redstart
