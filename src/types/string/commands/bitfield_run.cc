// The string is made long enough for all writes before the first one, even for those that an
// overflow then prevents.
#include "types/string/commands/bitfield_run.h"

#include <algorithm>
#include <optional>
#include <vector>

#include "types/string/bitfield.h"
#include "types/string/commands/bits.h"

namespace redstart {
namespace {

using bitfield::Encoding;
using bitfield::Overflow;

enum class Action : uint8_t { get, set, increment };

struct Step {
  Action action = Action::get;
  Encoding encoding;
  Overflow overflow = Overflow::wrap;
  uint64_t offset = 0;
  int64_t operand = 0;
};

class Steps {
 public:
  // Each parse function replies the error and returns false.
  bool parse(CommandContext& c) {
    Overflow overflow = Overflow::wrap;
    steps_.reserve((c.arg_count() - 2) / 3 + 1);
    for (size_t index = 2; index < c.arg_count();) {
      if (c.arg_is(index, "overflow") && index + 1 < c.arg_count()) {
        if (!parse_overflow(c, index + 1, overflow)) return false;
        index += 2;
      } else if (!parse_step(c, index, overflow)) {
        return false;
      }
    }
    return true;
  }
  // Of the bits written; nothing when there are only reads.
  std::optional<uint64_t> last_bit_written() const { return last_bit_written_; }
  const std::vector<Step>& all() const { return steps_; }

 private:
  static bool parse_overflow(CommandContext& c, size_t index, Overflow& overflow) {
    if (c.arg_is(index, "wrap")) return overflow = Overflow::wrap, true;
    if (c.arg_is(index, "sat")) return overflow = Overflow::saturate, true;
    if (c.arg_is(index, "fail")) return overflow = Overflow::fail, true;
    c.error("ERR Invalid OVERFLOW type specified");
    return false;
  }

  static std::optional<Action> action_at(CommandContext& c, size_t index) {
    const size_t words_behind = c.arg_count() - index - 1;
    if (words_behind >= 2 && c.arg_is(index, "get")) return Action::get;
    if (words_behind >= 3 && c.arg_is(index, "set")) return Action::set;
    if (words_behind >= 3 && c.arg_is(index, "incrby")) return Action::increment;
    return std::nullopt;
  }

  bool parse_step(CommandContext& c, size_t& index, Overflow overflow) {
    const auto action = action_at(c, index);
    if (!action) return c.syntax_error(), false;
    const auto encoding = bitfield::parse_encoding(c.arg(index + 1));
    if (!encoding) {
      c.error(
          "ERR Invalid bitfield type. Use something like i16 u8. Note that u64 is not supported "
          "but i64 is.");
      return false;
    }
    Step step{.action = *action, .encoding = *encoding, .overflow = overflow};
    if (!parse_bit_offset(c, index + 2, step.offset, encoding->bits)) return false;
    if (*action != Action::get) {
      if (!c.parse_integer(index + 3, step.operand)) return false;
      last_bit_written_ = std::max(last_bit_written_.value_or(0), step.offset + encoding->bits - 1);
    }
    index += *action == Action::get ? 3 : 4;
    steps_.push_back(step);
    return true;
  }

  std::vector<Step> steps_;
  std::optional<uint64_t> last_bit_written_;
};

void run_reads(CommandContext& c, const Steps& steps) {
  const Read value = c.read(c.arg(1), Type::string);
  if (value.wrong_type) return;
  NumberBuffer buffer;
  const std::string_view bytes = value ? value.entry->text(buffer) : "";
  c.reply().array(steps.all().size());
  for (const Step& step : steps.all()) {
    c.reply().integer(bitfield::get(bytes, step.offset, step.encoding));
  }
}

// Does what a step says and replies its result. Returns whether the string is now another; nothing: it was not written.
std::optional<bool> take_step(CommandContext& c, const Step& step, char* bytes, size_t size) {
  const int64_t present = bitfield::get({bytes, size}, step.offset, step.encoding);
  if (step.action == Action::get) {
    c.reply().integer(present);
    return std::nullopt;
  }
  const bool sets = step.action == Action::set;
  const auto wanted = bitfield::add(sets ? step.operand : present, sets ? 0 : step.operand,
                                    step.encoding, step.overflow);
  if (!wanted) {
    c.reply().null();
    return std::nullopt;
  }
  bitfield::set(bytes, step.offset, step.encoding, *wanted);
  c.reply().integer(sets ? present : *wanted);
  return *wanted != present;
}

void run_writes(CommandContext& c, const Steps& steps) {
  Edit edit = c.edit(c.arg(1), Type::string);
  if (edit.wrong_type()) return;
  const auto [bytes, grew] = open_bits(edit, *steps.last_bit_written());
  const size_t size = edit.entry()->text_size();
  c.reply().array(steps.all().size());
  uint32_t changes = 0;
  for (const Step& step : steps.all()) {
    const std::optional<bool> changed = take_step(c, step, bytes, size);
    if (changed && (*changed || grew)) ++changes;
  }
  if (changes == 0) edit.unchanged();
  edit.count_changes(changes);
  edit.event("setbit");
}

}  // namespace

void run_bitfield(CommandContext& c, bool may_write) {
  Steps steps;
  if (!steps.parse(c)) return;
  if (!steps.last_bit_written()) return run_reads(c, steps);
  if (!may_write) return c.error("ERR BITFIELD_RO only supports the GET subcommand");
  run_writes(c, steps);
}

}  // namespace redstart
