// The tinylfu policy's parts, and the policy itself on small traces.
#include "engine/tinylfu/tinylfu.h"

#include <gtest/gtest.h>

#include <set>

#include "base/hash.h"

namespace redstart {
namespace {

constexpr uint32_t kPeriod = FrequencyMark::kTicksPerPeriod;

uint64_t hash_of(uint64_t number) { return hash_bytes("key:" + std::to_string(number)); }

TEST(FrequencyMark, counts_up_to_the_limit_that_is_given) {
  FrequencyMark mark(1, true, 5);
  for (int i = 0; i < 10; ++i) mark = mark.used(5, 4);
  EXPECT_EQ(mark.count(5), 4u);
  EXPECT_TRUE(mark.in_window());
  EXPECT_EQ(FrequencyMark(7, false, 5).used(5, 3).count(5), 7u);  // what was counted under another limit stays
}

TEST(FrequencyMark, is_worth_half_after_each_period) {
  const FrequencyMark mark(7, false, 2 * kPeriod + 15);
  EXPECT_EQ(mark.count(2 * kPeriod + 15), 7u);
  EXPECT_EQ(mark.count(3 * kPeriod), 3u);
  EXPECT_EQ(mark.count(4 * kPeriod), 1u);
  EXPECT_EQ(mark.count(5 * kPeriod), 0u);
  EXPECT_EQ(mark.count(1000 * kPeriod), 0u);
}

TEST(FrequencyMark, goes_on_when_the_clock_wraps_around) {
  const uint32_t last = FrequencyMark::kTickMask;
  const FrequencyMark mark(6, false, last);
  EXPECT_EQ(mark.count(last + 1), 3u);
  EXPECT_EQ(mark.age_ticks(last + 1), 1u);
}

TEST(FrequencyMark, prefers_to_lose_the_rarer_and_then_the_older) {
  EXPECT_TRUE(FrequencyMark(1, false, 9).is_worth_less_than(FrequencyMark(2, false, 0), 9));
  EXPECT_TRUE(FrequencyMark(2, false, 3).is_worth_less_than(FrequencyMark(2, false, 4), 9));
  EXPECT_FALSE(FrequencyMark(2, false, 4).is_worth_less_than(FrequencyMark(2, false, 4), 9));
}

TEST(GhostTable, knows_nothing_before_it_has_room) {
  GhostTable ghosts;
  Random random;
  ghosts.put(hash_of(1), 3, 0, random);
  EXPECT_EQ(ghosts.take(hash_of(1), 0), 0u);
  EXPECT_EQ(ghosts.memory_bytes(), 0u);
}

TEST(GhostTable, tells_a_count_once_and_forgets_it_with_time) {
  GhostTable ghosts;
  Random random;
  ghosts.fit(100);
  ghosts.put(hash_of(1), 6, 20, random);
  EXPECT_EQ(ghosts.take(hash_of(1), 20), 6u);
  EXPECT_EQ(ghosts.take(hash_of(1), 20), 0u);
  ghosts.put(hash_of(1), 6, 20, random);
  EXPECT_EQ(ghosts.take(hash_of(1), 21), 3u);
  ghosts.put(hash_of(1), 6, 20, random);
  EXPECT_EQ(ghosts.take(hash_of(1), 25), 0u);
}

TEST(GhostTable, keeps_what_it_knows_while_it_grows) {
  GhostTable ghosts;
  Random random;
  ghosts.fit(1000);
  for (uint64_t i = 0; i < 500; ++i) ghosts.put(hash_of(i), 5, 1, random);
  ghosts.fit(10'000);
  int known = 0;
  for (uint64_t i = 0; i < 500; ++i) known += ghosts.take(hash_of(i), 1) == 5;
  EXPECT_GT(known, 450);  // some sets of four had been full
}

TEST(GhostTable, lets_the_rarer_go_when_a_set_is_full) {
  GhostTable ghosts;
  Random random;
  ghosts.fit(2);  // one set
  for (uint64_t i = 0; i < 3; ++i) ghosts.put(hash_of(i), 5, 0, random);
  for (uint64_t i = 3; i < 20; ++i) ghosts.put(hash_of(i), 1, 0, random);
  int known = 0;
  for (uint64_t i = 0; i < 3; ++i) known += ghosts.take(hash_of(i), 0) == 5;
  EXPECT_GE(known, 2);  // two of three may share a fingerprint's luck
}

double hit_share(Miniature& cache, const std::vector<uint64_t>& keys) {
  Random random;
  size_t hits = 0;
  for (const uint64_t key : keys) hits += cache.use(hash_of(key), random);
  return static_cast<double>(hits) / static_cast<double>(keys.size());
}

TEST(Miniature, keeps_all_keys_that_fit) {
  Miniature cache(100, Tuner::kTunings[0]);
  std::vector<uint64_t> keys;
  for (uint64_t i = 0; i < 10'000; ++i) keys.push_back(i % 100);
  EXPECT_DOUBLE_EQ(hit_share(cache, keys), 0.99);
}

TEST(Miniature, keeps_part_of_a_loop_that_does_not_fit) {
  Miniature cache(500, Tuner::kTunings[0]);
  std::vector<uint64_t> keys;
  for (uint64_t i = 0; i < 50'000; ++i) keys.push_back(i % 1000);
  EXPECT_GT(hit_share(cache, keys), 0.45);  // one half is the best that can be had
}

TEST(Miniature, keeps_popular_keys_through_a_scan) {
  Miniature cache(100, Tuner::kTunings[0]);
  Random random;
  std::vector<uint64_t> keys;
  for (int i = 0; i < 20'000; ++i) keys.push_back(random.below(80));
  hit_share(cache, keys);
  keys.clear();
  for (uint64_t i = 1000; i < 1300; ++i) keys.push_back(i);
  EXPECT_EQ(hit_share(cache, keys), 0);
  keys.clear();
  for (uint64_t i = 0; i < 80; ++i) keys.push_back(i);
  EXPECT_GT(hit_share(cache, keys), 0.95);
}

TEST(Tuner, takes_to_recency_when_popularity_does_not_last) {
  Tuner tuner;
  tuner.fit(400);
  Random random;
  for (uint64_t i = 0; i < 400'000; ++i) tuner.use(hash_of(i / 5 + random.below(200)), random);
  EXPECT_EQ(tuner.best().window_permille, Tuner::kTunings[2].window_permille);
}

TEST(Tuner, samples_so_many_keys_that_miniatures_stay_small) {
  Tuner tuner;
  tuner.fit(10'000'000);
  EXPECT_GE(tuner.shift(), 14);
  EXPECT_LT(tuner.memory_bytes(), 128u * 1024);
}

TEST(TinyLfu, gives_window_keys_back_in_about_their_order_and_once) {
  TinyLfu tinylfu;
  GhostTable ghosts;
  Random random;
  tinylfu.fit(1000);
  std::set<uint64_t> expected;
  for (uint64_t i = 0; i < 20; ++i) {
    EXPECT_TRUE(FrequencyMark(tinylfu.on_insert(0, hash_of(i), ghosts, random)).in_window());
    expected.insert(hash_of(i));
  }
  EXPECT_TRUE(tinylfu.window_is_full());
  while (const auto key = tinylfu.pop_window()) EXPECT_EQ(expected.erase(key->hash), 1u);
  EXPECT_TRUE(expected.empty());
}

TEST(TinyLfu, lets_keys_pass_the_window_when_nothing_leaves_it) {
  TinyLfu tinylfu;
  GhostTable ghosts;
  Random random;
  tinylfu.fit(1000);
  int entered = 0;
  for (uint64_t i = 0; i < 1000; ++i) {
    entered += FrequencyMark(tinylfu.on_insert(0, hash_of(i), ghosts, random)).in_window();
  }
  EXPECT_LT(entered, 100);
}

TEST(TinyLfu, moves_its_clock_by_uses) {
  TinyLfu tinylfu;
  Random random;
  tinylfu.fit(64);
  uint32_t access = FrequencyMark(1, false, 0).bits();
  for (int i = 0; i < 64 * 40 * 3; ++i) access = tinylfu.on_use(access, hash_of(1), random);
  EXPECT_GT(tinylfu.now_period(), 1u);
  EXPECT_LT(tinylfu.now_period(), 40u);
}

}  // namespace
}  // namespace redstart
