// INCREX key [BYINT increment | BYFLOAT increment] [LBOUND bound] [UBOUND bound] [SATURATE]
// [EX | PX | EXAT | PXAT time | PERSIST] [ENX]: adds to a number within bounds, and gives its key a deadline.
#include <cmath>
#include <limits>
#include <string>

#include "base/numbers.h"
#include "engine/commands/deadlines.h"
#include "types/string/commands/options.h"
#include "types/string/commands/text.h"

namespace redstart {
namespace {

struct Options {
  bool by_float = false;
  size_t increment = 0;  // where it stands among the arguments; 0: 1 is added
  size_t lower = 0, upper = 0;
  bool saturate = false;
  bool persist = false;
  bool only_without_deadline = false;  // ENX
  Expiration expiration;
  int64_t deadline_ms = kNoDeadline;
};

Expiration::Unit time_unit_at(const CommandContext& c, size_t index) {
  if (c.arg_is(index, "EX")) return Expiration::Unit::seconds;
  if (c.arg_is(index, "PX")) return Expiration::Unit::milliseconds;
  if (c.arg_is(index, "EXAT")) return Expiration::Unit::unix_seconds;
  if (c.arg_is(index, "PXAT")) return Expiration::Unit::unix_milliseconds;
  return Expiration::Unit::none;
}

// Takes a word without a value, each once.
bool take_flag(const CommandContext& c, size_t index, Options& options) {
  const auto once = [](bool& flag) { return !flag && (flag = true); };
  if (c.arg_is(index, "SATURATE")) return once(options.saturate);
  if (c.arg_is(index, "ENX")) return once(options.only_without_deadline);
  return c.arg_is(index, "PERSIST") && once(options.persist);
}

// Takes a word with its value, whose place is `value`.
bool take_value(const CommandContext& c, size_t value, Options& options) {
  const auto once = [value](size_t& place) { return place == 0 && (place = value); };
  const size_t word = value - 1;
  if (c.arg_is(word, "LBOUND")) return once(options.lower);
  if (c.arg_is(word, "UBOUND")) return once(options.upper);
  if (c.arg_is(word, "BYINT")) return once(options.increment);
  if (c.arg_is(word, "BYFLOAT")) return once(options.increment) && (options.by_float = true);
  const Expiration::Unit unit = time_unit_at(c, word);
  if (unit == Expiration::Unit::none || options.expiration) return false;
  options.expiration = {unit, value};
  return true;
}

bool parse(CommandContext& c, Options& options) {
  bool fits = true;
  for (size_t i = 2; i < c.arg_count() && fits; ++i) {
    if (take_flag(c, i, options)) continue;
    fits = ++i < c.arg_count() && take_value(c, i, options);
  }
  const bool times = static_cast<bool>(options.expiration);
  if (!fits || (options.persist && times) || (options.only_without_deadline && !times)) {
    c.syntax_error();
    return false;
  }
  return parse_deadline(c, options.expiration, options.deadline_ms);
}

// What differs between integers and numbers with decimals.
struct Integers {
  using Number = int64_t;
  static constexpr Number kMin = std::numeric_limits<int64_t>::min();
  static constexpr Number kMax = std::numeric_limits<int64_t>::max();
  static constexpr std::string_view kError = "ERR value is not an integer or out of range";
  static std::optional<Number> parse(std::string_view text) { return parse_int64(text); }
  static bool add(Number a, Number b, Number& sum) { return !__builtin_add_overflow(a, b, &sum); }
  static Number difference(Number a, Number b) {
    Number result;
    return __builtin_sub_overflow(a, b, &result) ? (a < b ? kMin : kMax) : result;
  }
  static std::string text(Number value) { return std::to_string(value); }
  static void reply(CommandContext& c, Number value) { c.reply().integer(value); }
};

struct Floats {
  using Number = long double;
  static constexpr Number kMin = std::numeric_limits<long double>::lowest();
  static constexpr Number kMax = std::numeric_limits<long double>::max();
  static constexpr std::string_view kError = "ERR value is not a valid float";
  static std::optional<Number> parse(std::string_view text) {
    const auto number = parse_long_double(text);
    return number && std::isfinite(*number) ? number : std::nullopt;
  }
  static bool add(Number a, Number b, Number& sum) { return std::isfinite(sum = a + b); }
  static Number difference(Number a, Number b) { return a - b; }
  static std::string text(Number value) { return format_long_double(value); }
  // RESP3 knows numbers; RESP2 gets all digits.
  static void reply(CommandContext& c, Number value) {
    c.protocol() > 2 ? c.reply().number(static_cast<double>(value)) : c.reply().bulk(text(value));
  }
};

template <class Kind>
bool parse_argument(CommandContext& c, size_t index, typename Kind::Number& value) {
  if (index == 0) return true;
  const auto parsed = Kind::parse(c.arg(index));
  if (parsed) {
    value = *parsed;
  } else {
    c.error(Kind::kError);
  }
  return parsed.has_value();
}

void change_deadline(CommandContext& c, Edit& edit, const Options& options) {
  const bool had_deadline = edit.deadline_ms() != kNoDeadline;
  if (options.persist) edit.clear_deadline();
  if (options.expiration && !(options.only_without_deadline && had_deadline)) {
    edit.set_deadline_ms(options.deadline_ms);
  }
  if (!c.access().records_effects()) return;
  NumberBuffer buffer;
  const std::string value(edit.entry()->text(buffer));
  if (edit.deadline_ms() == kNoDeadline) return c.effect({"SET", c.arg(1), value});
  c.effect({"SET", c.arg(1), value, "PXAT", std::to_string(edit.deadline_ms())});
}

// Adds as far as the bounds and the type allow. False: nothing is to change.
template <class Kind>
bool add_within(typename Kind::Number& value, typename Kind::Number increment, typename Kind::Number lower,
                typename Kind::Number upper, bool saturate) {
  typename Kind::Number sum;
  const bool fits = Kind::add(value, increment, sum);
  if (!fits) sum = increment < 0 ? Kind::kMin : Kind::kMax;
  if (fits && sum >= lower && sum <= upper) {
    value = sum;
    return true;
  }
  if (saturate) value = sum < lower ? lower : sum > upper ? upper : sum;
  return saturate;
}

template <class Kind>
void increment(CommandContext& c, const Options& options) {
  typename Kind::Number step = 1, lower = Kind::kMin, upper = Kind::kMax, value = 0;
  if (!parse_argument<Kind>(c, options.increment, step) || !parse_argument<Kind>(c, options.lower, lower) ||
      !parse_argument<Kind>(c, options.upper, upper)) {
    return;
  }
  if (lower > upper) return c.error("ERR LBOUND is greater than UBOUND");
  Edit edit = c.edit(c.arg(1), Type::string);
  if (edit.wrong_type()) return;
  if (edit.exists()) {
    NumberBuffer buffer;
    const auto present = Kind::parse(edit.entry()->text(buffer));
    if (!present) return c.error(Kind::kError);
    value = *present;
  }
  const typename Kind::Number old = value;
  if (add_within<Kind>(value, step, lower, upper, options.saturate)) {
    options.by_float ? edit.set_plain_text(Kind::text(value)) : edit.set_text(Kind::text(value));
    edit.event(options.by_float ? "incrbyfloat" : "incrby");
    change_deadline(c, edit, options);
  }
  c.reply().array(2);
  Kind::reply(c, value);
  Kind::reply(c, Kind::difference(value, old));
}

void run(CommandContext& c) {
  Options options;
  if (!parse(c, options)) return;
  options.by_float ? increment<Floats>(c, options) : increment<Integers>(c, options);
}

constexpr KeySpec kKeys[] = {
    {.flags = kKeyRW | kKeyAccess | kKeyUpdate, .index = 1, .last = 0},
};

constexpr Argument kIncrementArguments[] = {
    {.name = "float", .type = ArgumentType::number, .token = "BYFLOAT"},
    {.name = "integer", .type = ArgumentType::integer, .token = "BYINT"},
};

constexpr Argument kArguments[] = {
    {.name = "key", .type = ArgumentType::key, .key_spec = 0},
    {.name = "increment", .type = ArgumentType::one_of, .flags = kOptional, .children = kIncrementArguments},
    {.name = "saturate", .type = ArgumentType::pure_token, .token = "SATURATE", .flags = kOptional},
    {.name = "lowerbound", .type = ArgumentType::string, .token = "LBOUND", .flags = kOptional},
    {.name = "upperbound", .type = ArgumentType::string, .token = "UBOUND", .flags = kOptional},
    {.name = "expiration", .type = ArgumentType::one_of, .flags = kOptional, .children = kExpiryOrPersistArguments},
    {.name = "enx", .type = ArgumentType::pure_token, .token = "ENX", .flags = kOptional},
};

}  // namespace

REDSTART_COMMAND(increx) = {
    .name = "increx",
    .summary = "Adds to a number within bounds and changes or takes away its key's deadline.",
    .complexity = "O(1)",
    .since = "8.8.0",
    .group = CommandGroup::string,
    .arity = -2,
    .flags = kWrite | kDenyOom | kFast,
    .acl_categories = "string",
    .keys = kKeys,
    .arguments = kArguments,
    .run = run,
};

}  // namespace redstart
