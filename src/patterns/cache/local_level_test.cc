#include "patterns/cache/local_level.h"

#include <gtest/gtest.h>

#include <thread>
#include <vector>

namespace redstart {
namespace {

std::string found(LocalLevel& level, const std::string& key, int64_t now_ms = 0) {
  const auto bytes = level.find(key, now_ms);
  return bytes ? *bytes : "(none)";
}

void put(LocalLevel& level, const std::string& key, const std::string& bytes, int64_t until_ms = 1000) {
  level.insert(key, bytes, until_ms, level.ticket(key));
}

TEST(LocalLevel, takes_nothing_while_nobody_tells_of_changes) {
  LocalLevel level(10, 1 << 20);
  put(level, "a", "1");
  EXPECT_EQ(found(level, "a"), "(none)");
  level.open();
  put(level, "a", "1");
  EXPECT_EQ(found(level, "a"), "1");
  level.close();
  EXPECT_EQ(found(level, "a"), "(none)");
  EXPECT_EQ(level.size().bytes, 0u);
}

TEST(LocalLevel, refuses_what_was_read_before_an_invalidation) {
  LocalLevel level(10, 1 << 20);
  level.open();
  const uint64_t ticket = level.ticket("a");
  level.erase("a");
  level.insert("a", "old", 1000, ticket);
  EXPECT_EQ(found(level, "a"), "(none)");
  const uint64_t before_loss = level.ticket("a");
  level.close();
  level.open();
  level.insert("a", "old", 1000, before_loss);
  EXPECT_EQ(found(level, "a"), "(none)");
}

TEST(LocalLevel, throws_out_the_least_recently_used_and_only_when_it_is_full) {
  LocalLevel level(3, 1 << 20);
  level.open();
  for (const auto* const key : {"a", "b", "c"}) put(level, key, key);
  put(level, "c", "again");  // no room is needed for that
  EXPECT_EQ(found(level, "a"), "a");
  put(level, "d", "d");
  EXPECT_EQ(found(level, "b"), "(none)");
  EXPECT_EQ(found(level, "a"), "a");
  EXPECT_EQ(found(level, "c"), "again");
  EXPECT_EQ(level.size().entries, 3u);
}

TEST(LocalLevel, keeps_within_its_bytes) {
  LocalLevel level(100, 1000);
  level.open();
  for (int i = 0; i < 20; ++i) put(level, std::to_string(i), std::string(100, 'x'));
  EXPECT_LE(level.size().bytes, 1000u);
  EXPECT_GE(level.size().entries, 3u);
  put(level, "huge", std::string(2000, 'x'));
  EXPECT_EQ(found(level, "huge"), "(none)");
}

TEST(LocalLevel, forgets_what_is_due) {
  LocalLevel level(10, 1 << 20);
  level.open();
  put(level, "a", "1", 1000);
  EXPECT_EQ(found(level, "a", 999), "1");
  EXPECT_EQ(found(level, "a", 1000), "(none)");
  EXPECT_EQ(level.size().entries, 0u);
}

TEST(LocalLevel, holds_its_limits_under_sixteen_threads) {
  LocalLevel level(2048, 1 << 20);
  level.open();
  std::vector<std::thread> threads;
  for (int t = 0; t < 16; ++t) {
    threads.emplace_back([&level, t] {
      for (int i = 0; i < 2000; ++i) {
        const std::string key = std::to_string((i * 7 + t) % 3000);
        if (const auto bytes = level.find(key, 0)) {
          EXPECT_EQ(*bytes, key);
        }
        put(level, key, key);
        if (i % 50 == 0) level.erase(key);
      }
    });
  }
  for (auto& thread : threads) thread.join();
  EXPECT_LE(level.size().entries, 2048u);
}

}  // namespace
}  // namespace redstart
