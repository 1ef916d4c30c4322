#include "types/string/commands/options.h"

#include <string>

#include "base/numbers.h"

namespace redstart {
namespace {

struct UnitName {
  std::string_view word;
  Expiration::Unit unit;
};
constexpr UnitName kUnits[] = {
    {"EX", Expiration::Unit::seconds},
    {"PX", Expiration::Unit::milliseconds},
    {"EXAT", Expiration::Unit::unix_seconds},
    {"PXAT", Expiration::Unit::unix_milliseconds},
};

Expiration::Unit unit_named(const CommandContext& c, size_t index) {
  for (const UnitName& name : kUnits) {
    if (c.arg_is(index, name.word)) return name.unit;
  }
  return Expiration::Unit::none;
}

// An option without a value. False: it is none, or contradicts what stands before it.
bool take_flag(const CommandContext& c, size_t index, OptionsOf command, StringOptions& options) {
  if (command == OptionsOf::getex) {
    return c.arg_is(index, "PERSIST") && !options.expiration && (options.persist = true);
  }
  if (options.comparison && (c.arg_is(index, "NX") || c.arg_is(index, "XX"))) return false;
  if (c.arg_is(index, "NX")) return !options.if_present && (options.if_missing = true);
  if (c.arg_is(index, "XX")) return !options.if_missing && (options.if_present = true);
  if (c.arg_is(index, "GET")) return command == OptionsOf::set && (options.get = true);
  return c.arg_is(index, "KEEPTTL") && !options.expiration && (options.keep_deadline = true);
}

// SET's comparison, which is its only condition.
bool take_comparison(const CommandContext& c, size_t& index, OptionsOf command, StringOptions& options) {
  const Comparison::Kind kind = comparison_at(c, index);
  if (command != OptionsOf::set || kind == Comparison::Kind::none || options.comparison) return false;
  if (options.if_missing || options.if_present || index + 1 == c.arg_count()) return false;
  options.comparison = {kind, ++index};
  return true;
}

}  // namespace

bool parse_options(CommandContext& c, size_t first, OptionsOf command, StringOptions& options) {
  for (size_t i = first; i < c.arg_count(); ++i) {
    if (take_flag(c, i, command, options) || take_comparison(c, i, command, options)) continue;
    const Expiration::Unit unit = unit_named(c, i);
    const bool is_new = !options.expiration || options.expiration.unit == unit;
    if (unit == Expiration::Unit::none || i + 1 == c.arg_count() || !is_new ||
        options.keep_deadline || options.persist) {
      c.syntax_error();
      return false;
    }
    options.expiration = {unit, ++i};
  }
  return !options.comparison || check_comparison(c, options.comparison);
}

bool parse_deadline(CommandContext& c, const Expiration& expiration, int64_t& deadline_ms) {
  deadline_ms = kNoDeadline;
  if (!expiration) return true;
  int64_t time;
  if (!c.parse_integer(expiration.index, time)) return false;
  const bool in_seconds = expiration.unit == Expiration::Unit::seconds ||
                          expiration.unit == Expiration::Unit::unix_seconds;
  const int64_t start_ms = expiration.is_absolute() ? 0 : c.access().wall_time_ms();
  if (time > 0 && !__builtin_mul_overflow(time, in_seconds ? 1000 : 1, &time) &&
      !__builtin_add_overflow(time, start_ms, &deadline_ms)) {
    return true;
  }
  c.error("ERR invalid expire time in '" + std::string(c.spec().name) + "' command");
  return false;
}

void set_until(CommandContext& c, Edit& edit, std::string_view key, std::string_view value,
               int64_t deadline_ms) {
  edit.set_text(value, deadline_ms);
  edit.event("set");
  if (deadline_ms == kNoDeadline) return;
  edit.also_event("expire");
  if (!c.access().records_effects()) return;
  char text[24];
  c.effect({"SET", key, value, "PXAT", {text, format_int64(deadline_ms, text)}});
}

void set_with_expiration(CommandContext& c, Expiration::Unit unit) {
  int64_t deadline_ms;
  if (!parse_deadline(c, {unit, 2}, deadline_ms)) return;
  Edit edit = c.edit(c.arg(1), Type::none);
  set_until(c, edit, c.arg(1), c.arg(3), deadline_ms);
  c.reply().ok();
}

}  // namespace redstart
