// Every kind of range is turned into ranks first; what is done with it then does not depend on its
// kind.
#include "types/zset/commands/range.h"

#include <algorithm>
#include <optional>

#include "types/zset/commands/arguments.h"
#include "types/zset/commands/reply.h"

namespace redstart {
namespace {

struct Bounds {
  RangeBy by = RangeBy::rank;
  int64_t start = 0, stop = 0;  // RangeBy::rank
  ScoreRange score = {};
  LexRange lex = {};
};

struct Query {
  Bounds bounds;
  bool reversed = false;
  bool with_scores = false;
  int64_t offset = 0;
  int64_t limit = -1;  // negative: none
};

bool parse_bounds(CommandContext& c, size_t min_index, size_t max_index, Bounds& bounds) {
  switch (bounds.by) {
    case RangeBy::rank:
      return c.parse_integer(min_index, bounds.start) && c.parse_integer(max_index, bounds.stop);
    case RangeBy::score:
      return parse_score_range(c, min_index, max_index, bounds.score);
    case RangeBy::lex:
      return parse_lex_range(c, min_index, max_index, bounds.lex);
  }
  return false;
}

RankRange ranks_of(const SortedSet& set, const Bounds& bounds, bool reversed) {
  switch (bounds.by) {
    case RangeBy::rank: {
      const RankRange ranks = clamp_ranks(bounds.start, bounds.stop, set.size());
      return reversed ? RankRange{set.size() - ranks.last, set.size() - ranks.first} : ranks;
    }
    case RangeBy::score:
      return set.range_of(bounds.score);
    case RangeBy::lex:
      return set.range_of(bounds.lex, reversed);
  }
  return {};
}

// LIMIT is for ranges by value: ZRANGE takes it with a range of ranks as long as its count is -1, and
// then ignores it.
RankRange limited(RankRange ranks, const Query& query) {
  if (query.bounds.by == RangeBy::rank) return ranks;
  if (query.offset < 0 || static_cast<uint64_t>(query.offset) >= ranks.size()) return {};
  const auto offset = static_cast<size_t>(query.offset);
  const size_t left = ranks.size() - offset;
  const size_t count =
      query.limit < 0 ? left : static_cast<size_t>(std::min<uint64_t>(query.limit, left));
  if (query.reversed) return {ranks.last - offset - count, ranks.last - offset};
  return {ranks.first + offset, ranks.first + offset + count};
}

RankRange select(const SortedSet& set, const Query& query) {
  return limited(ranks_of(set, query.bounds, query.reversed), query);
}

// Reads the options from argument `index` on.
bool parse_options(CommandContext& c, size_t index, bool stores, RangeKind& kind, Query& query) {
  for (; index < c.arg_count(); ++index) {
    if (!stores && c.arg_is(index, "withscores")) {
      query.with_scores = true;
    } else if (c.arg_is(index, "limit") && index + 2 < c.arg_count()) {
      if (!c.parse_integer(index + 1, query.offset)) return false;
      if (!c.parse_integer(index + 2, query.limit)) return false;
      index += 2;
    } else if (!kind.reversed && c.arg_is(index, "rev")) {
      kind.reversed = true;
    } else if (!kind.by && c.arg_is(index, "bylex")) {
      kind.by = RangeBy::lex;
    } else if (!kind.by && c.arg_is(index, "byscore")) {
      kind.by = RangeBy::score;
    } else {
      c.syntax_error();
      return false;
    }
  }
  return true;
}

// The query about the key at argument `key_index`: bounds behind it, then options.
bool parse_query(CommandContext& c, size_t key_index, bool stores, RangeKind kind, Query& query) {
  if (!parse_options(c, key_index + 3, stores, kind, query)) return false;
  query.reversed = kind.reversed.value_or(false);
  query.bounds.by = kind.by.value_or(RangeBy::rank);
  if (query.limit != -1 && query.bounds.by == RangeBy::rank) {
    c.error(
        "ERR syntax error, LIMIT is only supported in combination with either BYSCORE or BYLEX");
    return false;
  }
  if (query.with_scores && query.bounds.by == RangeBy::lex) {
    c.error("ERR syntax error, WITHSCORES not supported in combination with BYLEX");
    return false;
  }
  // Reversed ranges by value give the maximum first.
  const bool swapped = query.reversed && query.bounds.by != RangeBy::rank;
  return parse_bounds(c, key_index + (swapped ? 2 : 1), key_index + (swapped ? 1 : 2),
                      query.bounds);
}

// In Redis's order, and in the encoding that Redis begins with: both show in a -0, which a listpack
// makes 0.
Object copy_of_range(const SortedSet& set, const Query& query, const EncodingLimits& limits) {
  const RankRange ranks = select(set, query);
  const bool size_is_known = query.bounds.by == RangeBy::rank;
  Object copy = size_is_known ? SortedSet::make_for({.members = ranks.size()}, limits)
                              : SortedSet::make();
  SortedSet target(copy);
  set.for_each(ranks, query.reversed, [&](std::string_view member, double score) {
    target.set(member, score, limits);
    return true;
  });
  return copy;
}

}  // namespace

void run_range(CommandContext& c, RangeKind kind) {
  Query query;
  if (!parse_query(c, 1, false, kind, query)) return;
  const Read read = c.read(c.arg(1), Type::zset);
  if (read.wrong_type) return;
  if (!read) return c.reply().array(0);
  Object object = read.object();
  const SortedSet set(object);
  const RankRange ranks = select(set, query);
  announce_members(c.reply(), ranks.size(), query.with_scores);
  set.for_each(ranks, query.reversed, [&](std::string_view member, double score) {
    reply_member(c.reply(), member, score, query.with_scores);
    return true;
  });
}

void run_range_store(CommandContext& c) {
  Query query;
  if (!parse_query(c, 2, true, {}, query)) return;
  const Read read = c.read(c.arg(2), Type::zset);
  if (read.wrong_type) return;
  Object result = SortedSet::make();
  if (read) {
    destroy(result);
    Object object = read.object();
    const SortedSet set(object);
    result = copy_of_range(set, query, c.limits());
  }
  c.reply().integer(static_cast<int64_t>(element_count(result)));
  Edit destination = c.edit(c.arg(1), Type::none);
  if (element_count(result) == 0) destination.event("del");
  destination.set_object(result);
}

void run_remove_range(CommandContext& c, RangeBy by) {
  Bounds bounds{.by = by};
  if (!parse_bounds(c, 2, 3, bounds)) return;
  Edit edit = c.edit(c.arg(1), Type::zset);
  if (edit.wrong_type()) return;
  if (!edit.exists()) return c.reply().integer(0);
  SortedSet set(edit.object());
  const RankRange ranks = ranks_of(set, bounds, false);
  set.remove_range(ranks);
  if (ranks.size() == 0) edit.unchanged();
  edit.count_changes(static_cast<uint32_t>(ranks.size()));
  c.reply().integer(static_cast<int64_t>(ranks.size()));
}

void run_count_range(CommandContext& c, RangeBy by) {
  Bounds bounds{.by = by};
  if (!parse_bounds(c, 2, 3, bounds)) return;
  const Read read = c.read(c.arg(1), Type::zset);
  if (read.wrong_type) return;
  if (!read) return c.reply().integer(0);
  Object object = read.object();
  c.reply().integer(static_cast<int64_t>(ranks_of(SortedSet(object), bounds, false).size()));
}

void run_rank(CommandContext& c, bool reversed) {
  if (c.arg_count() > 4) return c.arity_error();
  const bool with_score = c.arg_count() == 4;
  if (with_score && !c.arg_is(3, "withscore")) return c.syntax_error();
  const auto reply_nothing = [&] { with_score ? c.reply().null_array() : c.reply().null(); };
  const Read read = c.read(c.arg(1), Type::zset);
  if (read.wrong_type) return;
  if (!read) return reply_nothing();
  Object object = read.object();
  const SortedSet set(object);
  const std::optional<size_t> rank = set.rank(c.arg(2));
  if (!rank) return reply_nothing();
  if (with_score) c.reply().array(2);
  c.reply().integer(static_cast<int64_t>(reversed ? set.size() - 1 - *rank : *rank));
  if (with_score) c.reply().number(*set.score(c.arg(2)));
}

}  // namespace redstart
