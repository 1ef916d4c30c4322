// ScoreTree beside a std::set that does the same.
#include "types/zset/score_tree.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <iterator>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "base/random.h"

namespace redstart {
namespace {

using Scored = std::pair<double, std::string>;

// The tree with its records, and the model, changed together.
class Pair {
 public:
  ~Pair() {
    for (const auto& [scored, record] : records_) ScoreRecord::destroy(record);
  }

  void insert(double score, const std::string& member) {
    if (!model_.emplace(score, member).second) return;
    ScoreRecord* record = ScoreRecord::create(score, member);
    records_.emplace_back(Scored(score, member), record);
    tree_.insert(record);
  }

  void erase(size_t index) {
    const auto [scored, record] = records_[index];
    tree_.erase(record);
    model_.erase(scored);
    ScoreRecord::destroy(record);
    records_[index] = records_.back();
    records_.pop_back();
  }

  void move(size_t index, double score) {
    auto& [scored, record] = records_[index];
    if (model_.contains({score, scored.second})) return;
    model_.erase(scored);
    scored.first = score;
    model_.insert(scored);
    tree_.move(record, score);
  }

  // Everything that the tree can be asked, against the model.
  void compare() const {
    tree_.check_invariants();
    ASSERT_EQ(tree_.size(), model_.size());
    size_t rank = 0;
    for (const auto& [score, member] : model_) {
      const ScoreRecord* record = tree_.at(rank).record();
      ASSERT_EQ(record->member(), member);
      ASSERT_EQ(record->score, score);
      ASSERT_EQ(tree_.rank(score, member), rank);
      ++rank;
    }
  }

  // Walks from `rank` to both ends.
  void compare_walks(size_t rank) const {
    const auto start = std::next(model_.begin(), static_cast<ptrdiff_t>(rank));
    auto ahead = start;
    for (auto place = tree_.at(rank); place; place = place.next(), ++ahead) {
      ASSERT_NE(ahead, model_.end());
      ASSERT_EQ(place.record()->member(), ahead->second);
    }
    ASSERT_EQ(ahead, model_.end());
    auto behind = std::make_reverse_iterator(std::next(start));
    for (auto place = tree_.at(rank); place; place = place.previous(), ++behind) {
      ASSERT_NE(behind, model_.rend());
      ASSERT_EQ(place.record()->member(), behind->second);
    }
    ASSERT_EQ(behind, model_.rend());
  }

  // A place that is perhaps between members.
  void compare_search(double score, const std::string& member) const {
    const auto before = std::distance(model_.begin(), model_.lower_bound(Scored(score, member)));
    ASSERT_EQ(tree_.rank(score, member), static_cast<size_t>(before));
    ASSERT_EQ(tree_.count_while([&](const ScoreRecord& record) {
      return compare_scored(record.score, record.member(), score, member) < 0;
    }),
              static_cast<size_t>(before));
  }

  void compare_counts(double score) const {
    const auto below = std::count_if(model_.begin(), model_.end(),
                                     [&](const Scored& scored) { return scored.first < score; });
    const auto up_to = std::count_if(model_.begin(), model_.end(),
                                     [&](const Scored& scored) { return scored.first <= score; });
    ASSERT_EQ(tree_.count_below(score, false), static_cast<size_t>(below));
    ASSERT_EQ(tree_.count_below(score, true), static_cast<size_t>(up_to));
  }

  size_t size() const { return records_.size(); }
  double score(size_t index) const { return records_[index].first.first; }
  const ScoreTree& tree() const { return tree_; }

 private:
  ScoreTree tree_;
  std::set<Scored> model_;
  std::vector<std::pair<Scored, ScoreRecord*>> records_;
};

TEST(ScoreTree, is_empty_at_first) {
  const ScoreTree tree;
  tree.check_invariants();
  EXPECT_EQ(tree.size(), 0u);
  EXPECT_EQ(tree.rank(1, "a"), 0u);
  EXPECT_EQ(tree.count_while([](const ScoreRecord&) { return true; }), 0u);
}

TEST(ScoreTree, frees_its_nodes_with_the_last_record) {
  Pair pair;
  for (int i = 0; i < 5000; ++i) pair.insert(i % 7, std::to_string(i));
  while (pair.size() > 0) pair.erase(pair.size() - 1);
  EXPECT_EQ(pair.tree().memory_bytes(), 0u);
  pair.tree().check_invariants();
}

TEST(ScoreTree, orders_members_of_one_score_by_their_bytes) {
  Pair pair;
  for (const char* member : {"b", "", "a", "\xff", "ab", "B"}) pair.insert(0, member);
  std::string walked;
  for (auto place = pair.tree().at(0); place; place = place.next()) {
    walked.append(place.record()->member()) += ' ';
  }
  EXPECT_EQ(walked, " B a ab b \xff ");
}

TEST(ScoreTree, leaves_full_leaves_behind_when_inserts_ascend) {
  Pair pair;
  for (int i = 0; i < 41 * 100; ++i) pair.insert(i, "m");
  // 100 leaves and a few inner nodes, of 512 bytes each.
  EXPECT_LE(pair.tree().memory_bytes(), 512u * 108);
  pair.compare();
}

TEST(ScoreTree, stays_ordered_when_inserts_descend) {
  Pair pair;
  for (int i = 3000; i > 0; --i) pair.insert(i, "m");
  pair.compare();
}

TEST(ScoreTree, takes_both_zeros_for_one_score) {
  Pair pair;
  pair.insert(-0.0, "b");
  pair.insert(0.0, "a");
  pair.insert(-1, "c");
  pair.insert(1e-300, "d");
  EXPECT_EQ(pair.tree().rank(0.0, "b"), 2u);
  EXPECT_EQ(pair.tree().count_below(0.0, true), 3u);
  EXPECT_EQ(pair.tree().count_below(-0.0, false), 1u);
}

TEST(ScoreTree, orders_scores_that_share_their_upper_half) {
  Pair pair;
  for (int i = 0; i < 2000; ++i) pair.insert(-1e15 - i * 7919 % 2000, "n");
  for (int i = 0; i < 2000; ++i) pair.insert(1e15 + i * 7919 % 2000, "p");
  pair.compare();
}

double random_score(Random& random, uint64_t score_count) {
  const auto score = static_cast<double>(random.below(score_count)) / 8;
  return random.below(4) == 0 ? -score : score;
}

void change(Pair& pair, Random& random, uint64_t score_count, bool growing) {
  const uint64_t choice = random.below(10);
  if (pair.size() == 0 || choice < (growing ? 6 : 1)) {
    pair.insert(random_score(random, score_count), std::to_string(random.below(2000)));
  } else if (choice < 7) {
    const size_t index = random.below(pair.size());
    const double step = static_cast<double>(random.below(9)) - 4;
    pair.move(index,
              random.below(2) ? pair.score(index) + step / 8 : random_score(random, score_count));
  } else {
    pair.erase(random.below(pair.size()));
  }
}

// Grows to thousands and shrinks to nothing, several times, so that nodes split, merge and go.
TEST(ScoreTree, agrees_with_a_model_under_random_changes) {
  for (const uint64_t score_count : {3u, 100u, 1000000u}) {
    Random random(score_count);
    Pair pair;
    for (int step = 0; step < 60000; ++step) {
      change(pair, random, score_count, step / 10000 % 2 == 0);
      if (step % 500 == 0) pair.compare();
      if (step % 50 != 0) continue;
      const double score = random_score(random, score_count);
      pair.compare_search(score, std::to_string(random.below(2000)));
      pair.compare_counts(score);
      if (pair.size() > 0) pair.compare_walks(random.below(pair.size()));
      if (testing::Test::HasFatalFailure()) {
        FAIL() << "scores " << score_count << ", step " << step;
      }
    }
    pair.compare();
  }
}

}  // namespace
}  // namespace redstart
