// ExpiryIndex beside a map of deadlines: nothing comes up late, and nothing is lost.
#include "base/expiry_index.h"

#include <gtest/gtest.h>

#include <map>
#include <unordered_map>

#include "base/random.h"

namespace redstart {
namespace {

constexpr int64_t kStartMs = 1'700'000'000'000;
constexpr int64_t kTickMs = 1 << ExpiryIndex::kTickShift;
constexpr size_t kAll = 1'000'000;

int64_t drop(uint32_t) { return ExpiryIndex::kDropped; }

TEST(ExpiryIndex, has_nothing_at_first_and_after_it_was_cleared) {
  ExpiryIndex index;
  EXPECT_FALSE(index.collect(kStartMs, kAll, drop));
  index.add(1, kStartMs + 5);
  EXPECT_EQ(index.record_count(), 1u);
  index.clear();
  EXPECT_EQ(index.record_count(), 0u);
  EXPECT_EQ(index.memory_bytes(), 0u);
  EXPECT_FALSE(index.collect(kStartMs + 1000, kAll, [](uint32_t) -> int64_t {
    ADD_FAILURE() << "a record was left";
    return ExpiryIndex::kDropped;
  }));
}

TEST(ExpiryIndex, takes_deadlines_that_are_long_past_or_far_away) {
  ExpiryIndex index;
  EXPECT_FALSE(index.collect(kStartMs, kAll, drop));
  index.add(1, -5);
  index.add(2, 0);
  index.add(3, std::numeric_limits<int64_t>::max());
  std::vector<uint32_t> seen;
  index.collect(kStartMs, kAll, [&](uint32_t record) {
    seen.push_back(record);
    return ExpiryIndex::kDropped;
  });
  std::ranges::sort(seen);
  EXPECT_EQ(seen, (std::vector<uint32_t>{1, 2}));
  EXPECT_EQ(index.record_count(), 1u);
}

TEST(ExpiryIndex, stops_at_its_limit_and_says_that_there_is_more) {
  ExpiryIndex index;
  for (uint64_t i = 0; i < 10; ++i) index.add(i, kStartMs);
  size_t visited = 0;
  const auto count = [&](uint32_t) {
    ++visited;
    return ExpiryIndex::kDropped;
  };
  EXPECT_TRUE(index.collect(kStartMs + kTickMs, 4, count));
  EXPECT_EQ(visited, 4u);
  EXPECT_TRUE(index.collect(kStartMs + kTickMs, 4, count));
  EXPECT_FALSE(index.collect(kStartMs + kTickMs, 4, count));
  EXPECT_EQ(visited, 10u);
  EXPECT_EQ(index.record_count(), 0u);
}

TEST(ExpiryIndex, ends_even_when_everything_is_to_come_again) {
  ExpiryIndex index;
  for (uint64_t i = 0; i < 10; ++i) index.add(i, kStartMs);
  size_t visited = 0;
  EXPECT_FALSE(index.collect(kStartMs + kTickMs, kAll, [&](uint32_t) {
    ++visited;
    return kStartMs;  // due already: is looked at again a tick later, not now
  }));
  EXPECT_EQ(visited, 10u);
  EXPECT_EQ(index.record_count(), 10u);
}

TEST(ExpiryIndex, keeps_only_half_of_a_hash) {
  ExpiryIndex index;
  index.add(0xdead'beef'1234'5678, kStartMs);
  index.collect(kStartMs + kTickMs, kAll, [](uint32_t record) {
    EXPECT_EQ(record, 0x1234'5678u);
    return ExpiryIndex::kDropped;
  });
}

// Deadlines from milliseconds to months; some move, some go, and time goes on in steps of any size.
TEST(ExpiryIndex, brings_every_key_up_within_a_tick_of_its_deadline) {
  Random random(17);
  ExpiryIndex index;
  std::unordered_map<uint32_t, int64_t> deadlines;
  int64_t now_ms = kStartMs;
  uint32_t next_key = 0;
  for (int step = 0; step < 3000; ++step) {
    for (int i = 0; i < 5; ++i) {
      const int64_t deadline_ms =
          now_ms + static_cast<int64_t>(random.below(uint64_t{1} << random.below(33)));
      deadlines[next_key] = deadline_ms;
      index.add(next_key++, deadline_ms);
    }
    const auto some = deadlines.find(static_cast<uint32_t>(random.below(next_key)));
    if (some != deadlines.end()) {
      const int64_t moved_ms = now_ms + static_cast<int64_t>(random.below(100'000));
      if (random.below(3) == 0) {
        deadlines.erase(some);  // a deletion leaves its record behind
      } else {
        // Only a deadline that moves ahead gets a record.
        if (moved_ms < some->second) index.add(some->first, moved_ms);
        some->second = moved_ms;
      }
    }
    now_ms += static_cast<int64_t>(random.below(uint64_t{1} << random.below(20)));
    while (index.collect(now_ms, 100, [&](uint32_t record) {
      const auto found = deadlines.find(record);
      if (found == deadlines.end()) return ExpiryIndex::kDropped;
      if (found->second > now_ms) return found->second;
      deadlines.erase(found);
      return ExpiryIndex::kDropped;
    })) {
    }
    for (const auto& [key, deadline_ms] : deadlines) {
      ASSERT_GT(deadline_ms, now_ms - 2 * kTickMs) << key << " is late in step " << step;
    }
  }
}

TEST(ExpiryIndex, takes_few_bytes_a_key_and_gives_them_back) {
  Random random(19);
  ExpiryIndex index;
  for (uint64_t i = 0; i < 100'000; ++i) {
    index.add(random.next(), kStartMs + static_cast<int64_t>(random.below(86'400'000)));
  }
  EXPECT_LT(index.memory_bytes(), size_t{100'000} * 9);  // vectors may be half empty
  index.collect(kStartMs + 2 * 86'400'000, kAll, drop);
  EXPECT_EQ(index.record_count(), 0u);
  EXPECT_LT(index.memory_bytes(), 4096u);
}

}  // namespace
}  // namespace redstart
