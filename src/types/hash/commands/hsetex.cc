// HSETEX key [FNX | FXX] [EX | PX | EXAT | PXAT time | KEEPTTL] FIELDS numfields field value [field value ...]:
// sets fields with a deadline, if none, or all, of them exist.
#include <string>

#include "base/numbers.h"
#include "types/hash/commands/field_deadlines.h"

namespace redstart {
namespace {

struct Options {
  bool if_none_exists = false;  // FNX
  bool if_all_exist = false;    // FXX
  bool keep_deadlines = false;
  bool has_deadline = false;
  int64_t deadline_ms = kNoDeadline;
  std::span<const std::string_view> pairs;
};

bool parse_pairs(CommandContext& c, size_t index, Options& options) {
  const auto count = index + 1 < c.arg_count() ? parse_int64(c.arg(index + 1)) : std::nullopt;
  if (index + 3 >= c.arg_count()) {
    c.arity_error();
    return false;
  }
  if (!count || *count < 1 || *count > INT32_MAX) {
    c.error("ERR invalid number of fields");
    return false;
  }
  options.pairs = c.args().subspan(index + 2);
  if (options.pairs.size() == 2 * static_cast<size_t>(*count)) return true;
  c.arity_error();
  return false;
}

// One option, at `index`, which moves on behind it. False: the error has been replied.
bool parse_option(CommandContext& c, size_t& index, Options& options) {
  const bool fnx = c.arg_is(index, "FNX"), fxx = c.arg_is(index, "FXX");
  if (fnx || fxx) {
    if (options.if_none_exists || options.if_all_exist) {
      c.error("ERR Only one of FXX or FNX arguments can be specified");
      return false;
    }
    (fnx ? options.if_none_exists : options.if_all_exist) = true;
    ++index;
    return true;
  }
  TimeUnit unit;
  TimeOrigin origin;
  const bool keeps = c.arg_is(index, "KEEPTTL");
  if (!keeps && !is_field_time_unit(c, index, unit, origin)) {
    c.error("ERR unknown argument: " + std::string(c.arg(index).substr(0, c.arg(index).find('\0'))));
    return false;
  }
  if (options.keep_deadlines || options.has_deadline) {
    c.error("ERR Only one of EX, PX, EXAT, PXAT or KEEPTTL arguments can be specified");
    return false;
  }
  (keeps ? options.keep_deadlines : options.has_deadline) = true;
  if (!keeps && ++index >= c.arg_count()) {
    c.error("ERR missing expire time");
    return false;
  }
  return keeps ? (++index, true) : parse_field_time(c, index++, unit, origin, options.deadline_ms);
}

bool parse(CommandContext& c, Options& options) {
  for (size_t index = 2; index < c.arg_count();) {
    if (c.arg_is(index, "FIELDS")) return parse_pairs(c, index, options);
    if (!parse_option(c, index, options)) return false;
  }
  c.error("ERR Mandatory argument FIELDS is missing or not at the right position");
  return false;
}

bool is_allowed(const Options& options, const Hash& hash) {
  if (!options.if_none_exists && !options.if_all_exist) return true;
  for (size_t i = 0; i < options.pairs.size(); i += 2) {
    if (hash.contains(options.pairs[i]) != options.if_all_exist) return false;
  }
  return true;
}

// The command with its time in absolute milliseconds.
void say_effect(CommandContext& c, const Options& options) {
  if (!options.has_deadline || !c.access().records_effects()) return;
  char deadline[24], number[24];
  std::vector<std::string_view> words = {
      "HSETEX", c.arg(1), "PXAT", {deadline, format_int64(options.deadline_ms, deadline)}, "FIELDS",
      {number, format_int64(static_cast<int64_t>(options.pairs.size() / 2), number)}};
  words.insert(words.end(), options.pairs.begin(), options.pairs.end());
  c.effect(words);
}

void run(CommandContext& c) {
  Options options;
  if (!parse(c, options)) return;
  Edit edit = c.edit(c.arg(1), Type::hash);
  if (edit.wrong_type()) return;
  FieldDeadlineEdit deadlines(c, edit, options.deadline_ms);
  if (!is_allowed(options, deadlines.hash())) {
    edit.unchanged();
    return c.reply().integer(0);
  }
  const FieldDeadline kept = options.keep_deadlines ? FieldDeadline::keep : FieldDeadline::clear;
  for (size_t i = 0; i < options.pairs.size(); i += 2) {
    deadlines.hash().set(options.pairs[i], options.pairs[i + 1], c.limits(), kept);
    if (options.has_deadline) deadlines.apply(options.pairs[i]);
  }
  edit.event("hset");
  if (options.has_deadline) edit.also_event(deadlines.removes() ? "hdel" : "hexpire");
  edit.count_changes(static_cast<uint32_t>(options.pairs.size() / 2));
  say_effect(c, options);
  c.reply().integer(1);
}

constexpr KeySpec kKeys[] = {
    {.flags = kKeyRW | kKeyUpdate, .index = 1, .last = 0},
};

constexpr Argument kConditionArguments[] = {
    {.name = "fnx", .type = ArgumentType::pure_token, .token = "FNX"},
    {.name = "fxx", .type = ArgumentType::pure_token, .token = "FXX"},
};

constexpr Argument kPairArguments[] = {
    {.name = "field", .type = ArgumentType::string},
    {.name = "value", .type = ArgumentType::string},
};

constexpr Argument kPairListArguments[] = {
    {.name = "numfields", .type = ArgumentType::integer},
    {.name = "data", .type = ArgumentType::block, .flags = kMultiple, .children = kPairArguments},
};

constexpr Argument kArguments[] = {
    {.name = "key", .type = ArgumentType::key, .key_spec = 0},
    {.name = "condition",
     .type = ArgumentType::one_of,
     .flags = kOptional,
     .children = kConditionArguments},
    {.name = "expiration",
     .type = ArgumentType::one_of,
     .flags = kOptional,
     .children = kExpiryOrKeepttlArguments},
    {.name = "fields", .type = ArgumentType::block, .token = "FIELDS", .children = kPairListArguments},
};

}  // namespace

REDSTART_COMMAND(hsetex) = {
    .name = "hsetex",
    .summary = "Sets fields of a hash with a deadline, if none or all of them exist.",
    .complexity = "O(N) in the number of fields.",
    .since = "8.0.0",
    .group = CommandGroup::hash,
    .arity = -6,
    .flags = kWrite | kDenyOom | kFast,
    .acl_categories = "hash",
    .keys = kKeys,
    .arguments = kArguments,
    .run = run,
};

}  // namespace redstart
