// ShardLocks and ShardLock: what is held, what is charged, and that threads exclude each other
// without ever waiting in a circle.
#include "engine/shard_locks.h"

#include <gtest/gtest.h>

#include <thread>

#include "base/random.h"

namespace redstart {
namespace {

// Whether another thread could have the shard's lock.
bool is_free(Keyspace& keyspace, size_t index) {
  if (!keyspace.shard(index).lock.try_lock()) return false;
  keyspace.shard(index).lock.unlock();
  return true;
}

TEST(ShardLocks, holds_nothing_at_first_and_after_unlocking) {
  Keyspace keyspace(1);
  ShardLocks locks;
  EXPECT_TRUE(locks.empty());
  locks.unlock();
  locks.lock_one(keyspace, 5);
  EXPECT_FALSE(locks.empty());
  locks.unlock();
  EXPECT_TRUE(locks.empty());
  EXPECT_FALSE(locks.holds(5));
  EXPECT_TRUE(is_free(keyspace, 5));
}

TEST(ShardLocks, takes_each_shard_once_in_whatever_order_they_are_named) {
  Keyspace keyspace(1);
  ShardLocks locks;
  std::vector<uint16_t> indices = {9, 3, 9, 1023, 3, 0};
  locks.lock_many(keyspace, indices);
  for (size_t index = 0; index < Keyspace::kShards; ++index) {
    const bool is_named = index == 0 || index == 3 || index == 9 || index == 1023;
    ASSERT_EQ(locks.holds(index), is_named) << index;
    ASSERT_EQ(is_free(keyspace, index), !is_named) << index;
  }
  EXPECT_EQ(&locks.first(), &keyspace.shard(0));
  locks.unlock();
  for (size_t index = 0; index < Keyspace::kShards; ++index) ASSERT_TRUE(is_free(keyspace, index));
}

TEST(ShardLocks, takes_all) {
  Keyspace keyspace(1);
  {
    ShardLocks locks;
    locks.lock_all(keyspace);
    EXPECT_TRUE(locks.holds_all());
    for (size_t index = 0; index < Keyspace::kShards; ++index)
      ASSERT_FALSE(is_free(keyspace, index));
  }
  for (size_t index = 0; index < Keyspace::kShards; ++index) ASSERT_TRUE(is_free(keyspace, index));
}

TEST(ShardLocks, takes_more_only_when_it_can_have_all_of_it) {
  Keyspace keyspace(1);
  ShardLocks locks;
  locks.lock_one(keyspace, 5);
  keyspace.shard(7).lock.lock();
  std::vector<uint16_t> more = {3, 5, 7, 3};
  EXPECT_FALSE(locks.try_extend(more));
  EXPECT_TRUE(is_free(keyspace, 3));
  EXPECT_TRUE(locks.holds_single(5));
  keyspace.shard(7).lock.unlock();
  EXPECT_TRUE(locks.try_extend(more));
  for (const size_t index : {3, 5, 7}) EXPECT_TRUE(locks.holds(index));
  EXPECT_FALSE(is_free(keyspace, 3));
  locks.unlock();
  for (const size_t index : {3, 5, 7}) EXPECT_TRUE(is_free(keyspace, index));
}

TEST(ShardLocks, charges_the_first_shard_while_they_are_held) {
  Keyspace keyspace(1);
  ShardLocks locks;
  std::vector<uint16_t> indices = {8, 4};
  locks.lock_many(keyspace, indices);
  void* const block = heap::allocate(64);
  EXPECT_EQ(keyspace.shard(4).memory.used_bytes, 64);
  EXPECT_EQ(keyspace.shard(8).memory.used_bytes, 0);
  locks.unlock();
  void* const other = heap::allocate(64);
  EXPECT_EQ(keyspace.shard(4).memory.used_bytes, 64);
  heap::deallocate(other, 64);
  locks.lock_one(keyspace, 4);
  heap::deallocate(block, 64);
  EXPECT_EQ(keyspace.shard(4).memory.used_bytes, 0);
}

TEST(ShardLocks, lets_one_thread_at_a_time_in_and_never_hangs) {
  constexpr int kThreads = 4, kRounds = 3000;
  constexpr uint64_t kUsed = 8;  // few shards, much contention
  Keyspace keyspace(1);
  std::vector<int> counters(Keyspace::kShards, 0);  // guarded by the shard's lock
  std::array<std::atomic<int>, kUsed> expected{};
  std::vector<std::jthread> threads;
  for (int i = 0; i < kThreads; ++i) {
    threads.emplace_back([&, i] {
      Random random(static_cast<uint64_t>(i) + 1);
      for (int round = 0; round < kRounds; ++round) {
        ShardLocks locks;
        std::vector<uint16_t> indices(1 + random.below(4));
        for (uint16_t& index : indices) index = static_cast<uint16_t>(random.below(kUsed));
        if (round % 100 == 0) {
          locks.lock_all(keyspace);
        } else {
          locks.lock_many(keyspace, indices);
          std::vector<uint16_t> more = {static_cast<uint16_t>(random.below(kUsed))};
          locks.try_extend(more);
        }
        for (uint16_t index = 0; index < kUsed; ++index) {
          if (!locks.holds(index)) continue;
          ++counters[index];
          ++expected[index];
        }
      }
    });
  }
  threads.clear();
  for (size_t index = 0; index < kUsed; ++index) EXPECT_EQ(counters[index], expected[index]);
}

}  // namespace
}  // namespace redstart
