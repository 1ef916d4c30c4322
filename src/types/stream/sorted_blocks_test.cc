// SortedBlocks beside a std::map that does the same.
#include "types/stream/sorted_blocks.h"

#include <gtest/gtest.h>

#include <map>
#include <random>

namespace redstart {
namespace {

struct Pair {
  uint64_t key;
  uint64_t value;
};
struct PairOrder {
  static uint64_t key(const Pair& pair) { return pair.key; }
};
using Pairs = SortedBlocks<Pair, PairOrder>;

void expect_same(const Pairs& pairs, const std::map<uint64_t, uint64_t>& model) {
  pairs.check_invariants();
  ASSERT_EQ(pairs.size(), model.size());
  auto expected = model.begin();
  for (auto place = pairs.begin(); place != pairs.end(); place = pairs.next(place), ++expected) {
    ASSERT_EQ(pairs[place].key, expected->first);
    ASSERT_EQ(pairs[place].value, expected->second);
  }
}

TEST(SortedBlocks, finds_nothing_in_an_empty_one) {
  const Pairs pairs;
  EXPECT_EQ(pairs.find(1), nullptr);
  EXPECT_EQ(pairs.lower_bound(1), pairs.end());
  EXPECT_EQ(pairs.begin(), pairs.end());
  EXPECT_EQ(pairs.memory_bytes(), 0u);
}

TEST(SortedBlocks, gives_all_memory_back_when_it_is_cleared) {
  Pairs pairs;
  for (uint64_t i = 0; i < 1000; ++i) pairs.insert({i, i});
  EXPECT_GT(pairs.memory_bytes(), 1000 * sizeof(Pair));
  pairs.clear();
  EXPECT_EQ(pairs.memory_bytes(), 0u);
  EXPECT_TRUE(pairs.empty());
}

TEST(SortedBlocks, fills_blocks_when_elements_come_in_order) {
  Pairs pairs;
  for (uint64_t i = 0; i < 6300; ++i) pairs.insert({i, i});
  EXPECT_LT(pairs.memory_bytes(), 6300 * sizeof(Pair) * 11 / 10);
}

TEST(SortedBlocks, walks_backwards) {
  Pairs pairs;
  for (uint64_t i = 0; i < 200; ++i) pairs.insert({i, i});
  uint64_t expected = 200;
  for (auto place = pairs.end(); place != pairs.begin();) {
    place = pairs.previous(place);
    EXPECT_EQ(pairs[place].key, --expected);
  }
  EXPECT_EQ(expected, 0u);
  EXPECT_EQ(pairs.front().key, 0u);
  EXPECT_EQ(pairs.back().key, 199u);
}

TEST(SortedBlocks, erasing_gives_the_place_of_the_next_element) {
  Pairs pairs;
  for (uint64_t i = 0; i < 500; ++i) pairs.insert({i, i});
  auto place = pairs.begin();
  for (uint64_t i = 0; i < 500; ++i) {  // every second one goes
    ASSERT_EQ(pairs[place].key, i);
    place = i % 2 == 0 ? pairs.erase(place) : pairs.next(place);
  }
  EXPECT_EQ(place, pairs.end());
  EXPECT_EQ(pairs.size(), 250u);
  pairs.check_invariants();
}

TEST(SortedBlocks, agrees_with_a_map_over_random_operations) {
  std::mt19937_64 random(7);
  for (const uint64_t range : {50, 1000, 100'000}) {
    Pairs pairs;
    std::map<uint64_t, uint64_t> model;
    for (int step = 0; step < 6000; ++step) {
      const uint64_t key = random() % range, value = random();
      const bool removes = random() % 100 < (step / 1500 % 2 == 0 ? 30u : 70u);
      if (removes) {
        EXPECT_EQ(pairs.erase(key), model.erase(key) == 1);
      } else if (Pair* found = pairs.find(key)) {
        found->value = model.at(key) = value;
      } else {
        pairs.insert({key, value});
        EXPECT_TRUE(model.emplace(key, value).second);
      }
      const uint64_t probe = random() % range;
      const auto expected = model.lower_bound(probe);
      const auto place = pairs.lower_bound(probe);
      ASSERT_EQ(place == pairs.end(), expected == model.end());
      if (expected != model.end()) ASSERT_EQ(pairs[place].key, expected->first);
      if (step % 500 == 0) expect_same(pairs, model);
    }
    expect_same(pairs, model);
  }
}

}  // namespace
}  // namespace redstart
