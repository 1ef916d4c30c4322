// SortedSet in both encodings beside a std::map and a std::set that do the same.
#include "types/zset/sorted_set.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

namespace redstart {
namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();
using Scored = std::pair<double, std::string>;

// An object that is destroyed at the end.
struct OwnedZset {
  Object object = SortedSet::make();
  OwnedZset() = default;
  explicit OwnedZset(const Object& taken) : object(taken) {}
  OwnedZset(const OwnedZset&) = delete;
  ~OwnedZset() { SortedSet(object).destroy(); }
};

std::vector<Scored> members_in(const SortedSet& set, const RankRange& ranks, bool descending) {
  std::vector<Scored> result;
  set.for_each(ranks, descending, [&](std::string_view member, double score) {
    result.emplace_back(score, member);
    return true;
  });
  return result;
}

std::vector<Scored> all_of(const SortedSet& set) { return members_in(set, {0, set.size()}, false); }

std::string names_in(const SortedSet& set, const RankRange& ranks) {
  std::string names;
  for (const auto& [score, member] : members_in(set, ranks, false)) names += member + ' ';
  return names;
}

class Model {
 public:
  void set(const std::string& member, double score) {
    remove(member);
    scores_[member] = score;
    order_.emplace(score, member);
  }
  bool remove(const std::string& member) {
    const auto at = scores_.find(member);
    if (at == scores_.end()) return false;
    order_.erase({at->second, member});
    scores_.erase(at);
    return true;
  }
  void remove_range(const RankRange& ranks) {
    const std::vector<Scored> all(order_.begin(), order_.end());
    for (size_t i = ranks.first; i < ranks.last; ++i) remove(all[i].second);
  }
  // The ranks whose scores a range contains.
  RankRange range_of(const ScoreRange& range) const {
    RankRange ranks;
    size_t rank = 0;
    for (const auto& [score, member] : order_) {
      const bool inside = range.contains_from_below(score) && range.contains_from_above(score);
      if (inside && ranks.size() == 0) ranks.first = rank;
      ++rank;
      if (inside) ranks.last = rank;
    }
    return ranks;
  }
  bool has(const std::string& member) const { return scores_.contains(member); }
  std::vector<Scored> all() const { return {order_.begin(), order_.end()}; }
  size_t size() const { return scores_.size(); }

 private:
  std::map<std::string, double> scores_;
  std::set<Scored> order_;
};

TEST(SortedSet, finds_nothing_in_an_empty_set) {
  OwnedZset owned;
  SortedSet set(owned.object);
  EXPECT_EQ(set.score("a"), std::nullopt);
  EXPECT_EQ(set.rank("a"), std::nullopt);
  EXPECT_FALSE(set.remove("a"));
  EXPECT_EQ(set.range_of(ScoreRange{{-kInfinity}, {kInfinity}}).size(), 0u);
  EXPECT_EQ(
      set.range_of(LexRange{{LexBound::Kind::lowest, ""}, {LexBound::Kind::highest, ""}}).size(),
      0u);
}

TEST(SortedSet, tells_a_new_member_from_a_moved_one_and_from_the_same) {
  for (const size_t entries_max : {0u, 128u}) {
    OwnedZset owned;
    SortedSet set(owned.object);
    const EncodingLimits limits{.zset_max_listpack_entries = entries_max};
    EXPECT_EQ(set.place("a", 1, limits), SortedSet::Placed::added);
    EXPECT_EQ(set.place("a", 1, limits), SortedSet::Placed::unchanged);
    EXPECT_EQ(set.place("a", 2, limits), SortedSet::Placed::moved);
    EXPECT_EQ(set.score("a"), 2);
  }
}

TEST(SortedSet, grows_out_of_the_listpack_by_count_and_by_member_size) {
  OwnedZset many;
  SortedSet set(many.object);
  const EncodingLimits limits{.zset_max_listpack_entries = 3, .zset_max_listpack_value = 5};
  for (const char* member : {"a", "b", "c"}) set.set(member, 0, limits);
  EXPECT_EQ(many.object.encoding, Encoding::listpack);
  set.set("c", 1, limits);
  EXPECT_EQ(many.object.encoding, Encoding::listpack);
  set.set("d", 0, limits);
  EXPECT_EQ(many.object.encoding, Encoding::skiplist);
  EXPECT_EQ(names_in(set, {0, 4}), "a b d c ");

  OwnedZset large;
  SortedSet(large.object).set("12345", 0, limits);
  EXPECT_EQ(large.object.encoding, Encoding::listpack);
  SortedSet(large.object).set("123456", 0, limits);
  EXPECT_EQ(large.object.encoding, Encoding::skiplist);
}

TEST(SortedSet, keeps_scores_exactly) {
  const double scores[] = {0.1,    -kInfinity, kInfinity,        1e300,
                           5e-324, -0.0,       4503599627370497, 1.0 / 3.0,
                           1e17,   123456789,  -1e-10,           17976931348623157e292};
  for (const size_t entries_max : {0u, 128u}) {
    OwnedZset owned;
    SortedSet set(owned.object);
    for (const double score : scores) {
      set.set("m", score, {.zset_max_listpack_entries = entries_max});
      EXPECT_EQ(set.score("m"), score);
    }
  }
}

TEST(SortedSet, forgets_the_sign_of_zero_in_a_listpack_alone) {
  for (const size_t entries_max : {0u, 128u}) {
    OwnedZset owned;
    SortedSet set(owned.object);
    set.set("m", -0.0, {.zset_max_listpack_entries = entries_max});
    EXPECT_EQ(std::signbit(*set.score("m")), entries_max == 0);
  }
}

TEST(SortedSet, cuts_lexicographic_ranges_at_their_bounds) {
  using Kind = LexBound::Kind;
  for (const size_t entries_max : {0u, 128u}) {
    OwnedZset owned;
    SortedSet set(owned.object);
    for (const char* member : {"a", "b", "c", "d"}) {
      set.set(member, 0, {.zset_max_listpack_entries = entries_max});
    }
    const auto names = [&](LexBound min, LexBound max) {
      const RankRange ascending = set.range_of(LexRange{min, max});
      EXPECT_EQ(names_in(set, set.range_of(LexRange{min, max}, true)), names_in(set, ascending));
      return names_in(set, ascending);
    };
    EXPECT_EQ(names({Kind::highest, ""}, {Kind::lowest, ""}), "");
    EXPECT_EQ(names({Kind::lowest, ""}, {Kind::lowest, ""}), "");
    EXPECT_EQ(names({Kind::exclusive, "b"}, {Kind::exclusive, "c"}), "");
    EXPECT_EQ(names({Kind::inclusive, "e"}, {Kind::highest, ""}), "");
    EXPECT_EQ(names({Kind::inclusive, "b"}, {Kind::inclusive, "c"}), "b c ");
    EXPECT_EQ(names({Kind::exclusive, "a"}, {Kind::exclusive, "d"}), "b c ");
    EXPECT_EQ(names({Kind::lowest, ""}, {Kind::inclusive, "bb"}), "a b ");
    EXPECT_EQ(names({Kind::lowest, ""}, {Kind::highest, ""}), "a b c d ");
  }
}

// Redis leaves such ranges open, yet its listpacks give a definite answer, and so do ours.
TEST(SortedSet, meets_lexicographic_ranges_from_the_end_that_it_walks_from) {
  OwnedZset owned;
  SortedSet set(owned.object);
  for (const auto& [member, score] : std::map<std::string, double>{{"c", 1}, {"a", 2}, {"d", 3}}) {
    set.set(member, score, {});
  }
  const LexRange from_b{{LexBound::Kind::inclusive, "b"}, {LexBound::Kind::highest, ""}};
  EXPECT_EQ(names_in(set, set.range_of(from_b)), "c a d ");
  EXPECT_EQ(names_in(set, set.range_of(from_b, true)), "d ");
}

TEST(SortedSet, copies_and_scans_everything) {
  for (const int count : {5, 3000}) {
    OwnedZset owned;
    SortedSet set(owned.object);
    for (int i = 0; i < count; ++i) set.set(std::to_string(i), i % 10, {});
    OwnedZset copy(set.clone());
    EXPECT_EQ(all_of(SortedSet(copy.object)), all_of(set));
    SortedSet(copy.object).check_invariants();
    std::set<std::string> scanned;
    uint64_t cursor = 0;
    do {
      cursor = set.scan(cursor, [&](std::string_view member, double score) {
        EXPECT_EQ(set.score(member), score);
        scanned.emplace(member);
      });
    } while (cursor != 0);
    EXPECT_EQ(scanned.size(), set.size());
  }
}

void compare(const SortedSet& set, const Model& model, Random& random) {
  set.check_invariants();
  const std::vector<Scored> all = model.all();
  ASSERT_EQ(set.size(), all.size());
  ASSERT_EQ(all_of(set), all);
  ASSERT_EQ(members_in(set, {0, all.size()}, true), std::vector<Scored>(all.rbegin(), all.rend()));
  for (size_t rank = 0; rank < all.size(); ++rank) {
    ASSERT_EQ(set.rank(all[rank].second), rank);
    ASSERT_EQ(set.score(all[rank].second), all[rank].first);
  }
  const auto bound = [&] {
    return ScoreBound{static_cast<double>(random.below(50)), random.below(2) == 0};
  };
  const ScoreRange range{bound(), bound()};
  const RankRange expected = model.range_of(range), found = set.range_of(range);
  ASSERT_EQ(found.size(), expected.size());
  if (expected.size() == 0) return;
  ASSERT_EQ(found.first, expected.first);
}

void change(SortedSet& set, Model& model, const EncodingLimits& limits, Random& random) {
  const std::string member = std::to_string(random.below(random.below(2) ? 30 : 3000));
  const uint64_t choice = random.below(100);
  if (choice < 70) {
    const double score = static_cast<double>(random.below(200)) / 4;
    ASSERT_EQ(set.set(member, score, limits), !model.has(member));
    model.set(member, score);
  } else if (choice < 98 || model.size() == 0) {
    ASSERT_EQ(set.remove(member), model.remove(member));
  } else {
    const size_t first = random.below(model.size());
    const RankRange ranks{first, first + random.below(model.size() - first + 1) / 4};
    set.remove_range(ranks);
    model.remove_range(ranks);
  }
}

TEST(SortedSet, agrees_with_a_model_under_random_changes) {
  for (const size_t entries_max : {0u, 128u, 1000000u}) {
    Random random(7 + entries_max);
    OwnedZset owned;
    SortedSet set(owned.object);
    Model model;
    const EncodingLimits limits{.zset_max_listpack_entries = entries_max};
    const int steps = entries_max > 1000 ? 6000 : 20000;
    for (int step = 0; step < steps; ++step) {
      change(set, model, limits, random);
      if (step % 100 == 0) compare(set, model, random);
      if (HasFatalFailure()) FAIL() << "entries_max " << entries_max << ", step " << step;
    }
  }
}

}  // namespace
}  // namespace redstart
