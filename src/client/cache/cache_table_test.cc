#include "client/cache/cache_table.h"

#include <gtest/gtest.h>

#include <map>
#include <set>
#include <string>
#include <thread>

namespace redstart {
namespace {

using Value = std::optional<std::string>;

// The value that is kept; nothing in the outer optional: the key is not here.
std::optional<Value> kept(CacheTable& table, std::string_view key) {
  std::optional<Value> found;
  table.find(
      key, [&](std::optional<std::string_view> value) { found = value ? Value(*value) : Value(); });
  return found;
}

bool fill(CacheTable& table, std::string_view key, std::optional<std::string_view> value) {
  return table.finish_fill(table.begin_fill(key), key, value);
}

TEST(CacheTable, a_fill_that_an_invalidation_overtakes_is_not_kept) {
  CacheTable table(1 << 20, 1 << 20);
  const auto ticket = table.begin_fill("k");
  table.invalidate("k");
  EXPECT_FALSE(table.finish_fill(ticket, "k", "old"));
  EXPECT_EQ(kept(table, "k"), std::nullopt);
  EXPECT_EQ(table.counts().late_fills, 1u);
}

TEST(CacheTable, a_fill_that_began_after_an_invalidation_is_kept_beside_an_older_one) {
  CacheTable table(1 << 20, 1 << 20);
  const auto before = table.begin_fill("k");
  table.invalidate("k");
  const auto after = table.begin_fill("k");
  EXPECT_TRUE(table.finish_fill(after, "k", "new"));
  EXPECT_FALSE(table.finish_fill(before, "k", "old"));
  EXPECT_EQ(kept(table, "k"), "new");
}

TEST(CacheTable, no_fill_outlives_a_clear) {
  CacheTable table(1 << 20, 1 << 20);
  const auto ticket = table.begin_fill("k");
  fill(table, "other", "v");
  table.clear();
  EXPECT_FALSE(table.finish_fill(ticket, "k", "old"));
  EXPECT_EQ(table.counts().entries, 0u);
  EXPECT_EQ(table.counts().bytes, 0u);
  EXPECT_TRUE(table.check_invariants());
}

TEST(CacheTable, a_fill_that_is_given_up_leaves_nothing_behind) {
  CacheTable table(1 << 20, 1 << 20);
  table.give_up_fill(table.begin_fill("k"));
  const auto ticket = table.begin_fill("k");
  EXPECT_EQ(ticket.version, 0u);
  EXPECT_TRUE(table.finish_fill(ticket, "k", "v"));
}

TEST(CacheTable, what_is_too_large_is_not_kept) {
  CacheTable table(1 << 20, 1000);
  EXPECT_FALSE(fill(table, "k", std::string(2000, 'x')));
  EXPECT_TRUE(fill(table, "k", std::string(500, 'x')));
}

TEST(CacheTable, keeps_values_and_what_is_missing) {
  CacheTable table(1 << 20, 1 << 20);
  fill(table, "k", "v");
  fill(table, "empty", "");
  fill(table, "missing", std::nullopt);
  EXPECT_EQ(kept(table, "k"), "v");
  EXPECT_EQ(kept(table, "empty"), "");
  EXPECT_EQ(kept(table, "missing"), std::optional<Value>(std::in_place));
  fill(table, "k", "w");
  EXPECT_EQ(kept(table, "k"), "w");
  table.invalidate("k");
  EXPECT_EQ(kept(table, "k"), std::nullopt);
  EXPECT_EQ(table.counts().entries, 2u);
  EXPECT_TRUE(table.check_invariants());
}

// Values carry their keys' latest versions: whatever is found must be the last that was filled,
// whatever was evicted.
TEST(CacheTable, stays_within_its_bytes_and_never_mixes_keys_up) {
  CacheTable table(size_t{1} << 20, 1 << 16);
  Random random(7);
  std::map<std::string, std::string> model;
  for (int i = 0; i < 200'000; ++i) {
    const std::string key = "key:" + std::to_string(random.below(20'000));
    const uint64_t what = random.below(10);
    if (what == 0) {
      table.invalidate(key);
      model.erase(key);
    } else if (what < 4) {
      const std::string value = key + "=" + std::to_string(i) + std::string(random.below(200), 'x');
      ASSERT_TRUE(fill(table, key, value));
      model[key] = value;
    } else if (const auto found = kept(table, key)) {
      ASSERT_EQ(**found, model.at(key));
    }
    if (i % 20'000 == 0) {
      ASSERT_TRUE(table.check_invariants());
    }
  }
  EXPECT_TRUE(table.check_invariants());
  EXPECT_GT(table.counts().evictions, 1000u);
  EXPECT_LE(table.counts().bytes, size_t{1} << 20);
}

TEST(CacheTable, keeps_what_is_asked_for_often_through_a_scan) {
  const size_t entry = CacheTable::weight(12, 0);
  CacheTable table(1000 * entry, 1 << 16);
  const auto use = [&](int number) {
    char key[16];
    std::snprintf(key, sizeof key, "%012d", number);
    if (!kept(table, key)) fill(table, key, "");
  };
  for (int round = 0; round < 20; ++round) {
    for (int i = 0; i < 500; ++i) use(i);
  }
  for (int i = 10'000; i < 20'000; ++i) use(i);
  int left = 0;
  for (int i = 0; i < 500; ++i) {
    char key[16];
    std::snprintf(key, sizeof key, "%012d", i);
    left += kept(table, key).has_value();
  }
  EXPECT_GT(left, 450);
}

// Every key's writer raises its number and invalidates it; a fill reads the number first. What is
// kept must never be older than what had been invalidated before the look.
TEST(CacheTable, threads_never_see_what_was_invalidated_before_they_looked) {
  CacheTable table(1 << 16, 1 << 16);
  constexpr int kKeys = 8;
  std::array<std::atomic<int>, kKeys> store{}, invalidated{};
  std::atomic<bool> stop{false};
  std::atomic<int> stale{0};
  std::vector<std::thread> threads;
  threads.emplace_back([&] {
    Random random(1);
    for (int i = 0; i < 100'000; ++i) {
      const size_t key = random.below(kKeys);
      const int version = ++store[key];
      table.invalidate(std::to_string(key));
      invalidated[key] = version;
    }
    stop = true;
  });
  for (int t = 0; t < 3; ++t) {
    threads.emplace_back([&, t] {
      Random random(static_cast<uint64_t>(t) + 10);
      while (!stop) {
        const size_t key = random.below(kKeys);
        const std::string name = std::to_string(key);
        const int known = invalidated[key];
        if (const auto found = kept(table, name)) {
          if (std::stoi(**found) < known) ++stale;
          continue;
        }
        const auto ticket = table.begin_fill(name);
        table.finish_fill(ticket, name, std::to_string(store[key].load()));
      }
    });
  }
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(stale, 0);
  EXPECT_TRUE(table.check_invariants());
}

}  // namespace
}  // namespace redstart
