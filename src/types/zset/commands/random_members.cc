// A member is chosen by its rank, which makes all equally likely.
#include "types/zset/commands/random_members.h"

#include <unordered_set>

#include "types/commands/arguments.h"
#include "types/zset/commands/reply.h"
#include "types/zset/sorted_set.h"

namespace redstart {
namespace {

// Below this many members for each one wanted, a walk over all is cheaper than choosing ranks.
constexpr size_t kWalkRatio = 3;

struct Wanted {
  int64_t count = 0;
  bool with_scores = false;
};

bool parse_wanted(CommandContext& c, Wanted& wanted) {
  if (!parse_random_count(c, 2, wanted.count)) return false;
  wanted.with_scores = c.arg_count() == 4 && c.arg_is(3, "withscores");
  if (c.arg_count() > 3 && !wanted.with_scores) return c.syntax_error(), false;
  if (wanted.with_scores && (wanted.count < -INT64_MAX / 2 || wanted.count > INT64_MAX / 2)) {
    return c.error("ERR value is out of range"), false;
  }
  return true;
}

void reply_rank(CommandContext& c, const SortedSet& set, size_t rank, bool with_scores) {
  set.for_each({rank, rank + 1}, false, [&](std::string_view member, double score) {
    reply_member(c.reply(), member, score, with_scores);
    return true;
  });
}

// Goes over all and takes each with the chance that the rest of the choice leaves it (Knuth 1969,
// algorithm S).
void reply_by_walk(CommandContext& c, const SortedSet& set, size_t count, bool with_scores) {
  size_t left = set.size();
  set.for_each({0, left}, false, [&](std::string_view member, double score) {
    if (c.random().below(left--) < count) {
      reply_member(c.reply(), member, score, with_scores);
      --count;
    }
    return count > 0;
  });
}

void reply_by_ranks(CommandContext& c, const SortedSet& set, size_t count, bool with_scores) {
  std::unordered_set<size_t> chosen;
  while (chosen.size() < count) {
    const size_t rank = c.random().below(set.size());
    if (chosen.insert(rank).second) reply_rank(c, set, rank, with_scores);
  }
}

void reply_repeating(CommandContext& c, const SortedSet& set, uint64_t count, bool with_scores) {
  announce_members(c.reply(), count, with_scores);
  for (uint64_t i = 0; i < count; ++i) {
    reply_rank(c, set, c.random().below(set.size()), with_scores);
  }
}

void reply_distinct(CommandContext& c, const SortedSet& set, uint64_t wanted, bool with_scores) {
  const size_t count = std::min<uint64_t>(wanted, set.size());
  announce_members(c.reply(), count, with_scores);
  if (count == set.size()) {
    set.for_each({0, count}, true, [&](std::string_view member, double score) {
      reply_member(c.reply(), member, score, with_scores);
      return true;
    });
  } else if (count * kWalkRatio > set.size()) {
    reply_by_walk(c, set, count, with_scores);
  } else {
    reply_by_ranks(c, set, count, with_scores);
  }
}

}  // namespace

void run_sorted_set_random_members(CommandContext& c) {
  Wanted wanted;
  const bool counted = c.arg_count() > 2;
  if (counted && !parse_wanted(c, wanted)) return;
  const Read read = c.read(c.arg(1), Type::zset);
  if (read.wrong_type) return;
  if (!read) return counted ? c.reply().array(0) : c.reply().null();
  Object object = read.object();
  const SortedSet set(object);
  if (!counted) return reply_rank(c, set, c.random().below(set.size()), false);
  if (wanted.count < 0) {
    return reply_repeating(c, set, static_cast<uint64_t>(-wanted.count), wanted.with_scores);
  }
  if (wanted.count == 0) return c.reply().array(0);
  reply_distinct(c, set, static_cast<uint64_t>(wanted.count), wanted.with_scores);
}

}  // namespace redstart
