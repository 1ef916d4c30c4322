// The scores are all read before the key is touched, so that a bad one changes nothing.
#include "types/zset/commands/add.h"

#include <array>
#include <cmath>
#include <optional>
#include <span>
#include <vector>

#include "types/zset/sorted_set.h"

namespace redstart {
namespace {

struct Outcome {
  uint32_t added = 0;
  uint32_t updated = 0;
  std::optional<double> score;  // the last member's, unless a condition kept it from being written
  bool not_a_number = false;
};

bool read_option(CommandContext& c, size_t index, AddOptions& options) {
  if (c.arg_is(index, "nx")) return options.only_new = true;
  if (c.arg_is(index, "xx")) return options.only_existing = true;
  if (c.arg_is(index, "gt")) return options.only_greater = true;
  if (c.arg_is(index, "lt")) return options.only_less = true;
  if (c.arg_is(index, "ch")) return options.count_changed = true;
  if (c.arg_is(index, "incr")) return options.increments = true;
  return false;
}

// Reads the options and gives where the scores begin, or 0 after an error.
size_t parse_options(CommandContext& c, AddOptions& options) {
  size_t index = 2;
  while (index < c.arg_count() && read_option(c, index, options)) ++index;
  const size_t words = c.arg_count() - index;
  if (words == 0 || words % 2 != 0) return c.syntax_error(), 0;
  if (options.only_new && options.only_existing) {
    c.error("ERR XX and NX options at the same time are not compatible");
    return 0;
  }
  if ((options.only_greater && options.only_less) ||
      (options.only_new && (options.only_greater || options.only_less))) {
    c.error("ERR GT, LT, and/or NX options at the same time are not compatible");
    return 0;
  }
  if (options.increments && words > 2) {
    c.error("ERR INCR option supports a single increment-element pair");
    return 0;
  }
  return index;
}

// Scores of one command: rarely more than a few, which then need no allocation.
class Scores {
 public:
  bool parse(CommandContext& c, size_t first_index) {
    const size_t count = (c.arg_count() - first_index) / 2;
    if (count > few_.size()) many_.resize(count);
    scores_ = count > few_.size() ? std::span<double>(many_) : std::span(few_).first(count);
    for (size_t i = 0; i < count; ++i) {
      if (!c.parse_number(first_index + i * 2, scores_[i])) return false;
    }
    return true;
  }
  std::span<const double> all() const { return scores_; }

 private:
  std::array<double, 8> few_;
  std::vector<double> many_;
  std::span<double> scores_;
};

void note_placed(SortedSet::Placed placed, Outcome& outcome) {
  outcome.added += placed == SortedSet::Placed::added;
  outcome.updated += placed == SortedSet::Placed::moved;
}

void add_conditionally(SortedSet& set, std::string_view member, double score,
                       const AddOptions& options, const EncodingLimits& limits, Outcome& outcome) {
  outcome.score.reset();
  const std::optional<double> present = set.score(member);
  if (present ? options.only_new : options.only_existing) return;
  if (present && options.increments) score += *present;
  if (std::isnan(score)) {
    outcome.not_a_number = true;
    return;
  }
  if (present && options.only_greater && score <= *present) return;
  if (present && options.only_less && score >= *present) return;
  note_placed(set.place(member, score, limits), outcome);
  outcome.score = score;
}

Outcome add_all(CommandContext& c, SortedSet& set, const AddOptions& options,
                std::span<const double> scores, const MemberWords& members) {
  Outcome outcome;
  const EncodingLimits& limits = c.limits();
  size_t member_index = members.first_index;
  for (const double score : scores) {
    const std::string_view member = c.arg(member_index);
    member_index += members.step;
    if (options.conditional()) {
      add_conditionally(set, member, score, options, limits, outcome);
    } else {
      note_placed(set.place(member, score, limits), outcome);
    }
  }
  return outcome;
}

void reply_outcome(CommandContext& c, const Outcome& outcome, const AddOptions& options) {
  if (outcome.not_a_number) return c.error("ERR resulting score is not a number (NaN)");
  if (options.increments) {
    return outcome.score ? c.reply().number(*outcome.score) : c.reply().null();
  }
  c.reply().integer(options.count_changed ? outcome.added + outcome.updated : outcome.added);
}

}  // namespace

void add_scored(CommandContext& c, const AddOptions& options, std::span<const double> scores,
                const MemberWords& members) {
  Edit edit = c.edit(c.arg(1), Type::zset);
  if (edit.wrong_type()) return;
  if (!edit.exists() && options.only_existing) return reply_outcome(c, {}, options);
  SortedSet set(edit.object());
  const Outcome outcome = add_all(c, set, options, scores, members);
  const uint32_t changes = outcome.added + outcome.updated;
  if (changes == 0) edit.unchanged();
  edit.count_changes(changes);
  edit.event(options.increments ? "zincr" : "zadd");
  reply_outcome(c, outcome, options);
}

void run_zadd(CommandContext& c, bool increments) {
  AddOptions options{.increments = increments};
  const size_t first_index = parse_options(c, options);
  if (first_index == 0) return;
  Scores scores;
  if (!scores.parse(c, first_index)) return;
  add_scored(c, options, scores.all(), {.first_index = first_index + 1, .step = 2});
}

}  // namespace redstart
