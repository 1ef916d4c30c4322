// Eviction and active expiry: what goes when memory is short, what is refused, and that unread keys
// go.
#include "execution/eviction.h"

#include <gtest/gtest.h>

#include <vector>

#include "base/clock.h"
#include "base/heap.h"
#include "execution/config.h"
#include "execution/store_state.h"
#include "execution/test_client.h"

namespace redstart {
namespace {

constexpr char kOom[] = "(error) OOM command not allowed when used memory > 'maxmemory'.";
constexpr int kKeys = 1000, kValueBytes = 1000;

class EvictionTest : public testing::Test {
 protected:
  static Executor::Options options(const Clock& clock) {
    Executor::Options options;
    options.clock = &clock;
    return options;
  }
  std::string set(const std::string& key, const std::string& options = "") {
    return client_("SET " + key + " " + std::string(kValueBytes, 'v') + options);
  }
  void fill(const std::string& prefix, int count, const std::string& options = "") {
    for (int i = 0; i < count; ++i) ASSERT_EQ(set(prefix + std::to_string(i), options), "OK");
  }
  int count(const std::string& prefix, int of) {
    int64_t found = 0;
    for (int i = 0; i < of; ++i) {
      found += client_.reply("EXISTS " + prefix + std::to_string(i)).as_integer();
    }
    return static_cast<int>(found);
  }
  // Lets memory be so much less than it is now, and evicts down to it.
  void squeeze(const std::string& policy, uint64_t bytes) {
    configure("maxmemory-policy", policy);
    configure("maxmemory-samples", "20");
    limit(executor_.used_memory_bytes() - bytes);
    executor_.tick();
  }
  void configure(const std::string& name, const std::string& value) {
    ASSERT_EQ(client_("CONFIG SET " + name + " " + value), "OK");
  }
  void limit(uint64_t bytes) {
    limit_bytes_ = bytes;
    configure("maxmemory", std::to_string(bytes));
  }
  bool is_within_limit() const { return executor_.used_memory_bytes() <= limit_bytes_; }

  ManualClock clock_;
  Executor executor_{options(clock_)};
  TestClient client_{executor_};
  uint64_t limit_bytes_ = 0;
};

TEST_F(EvictionTest, refuses_what_takes_memory_when_nothing_may_go) {
  fill("k", 10);
  limit(executor_.used_memory_bytes() - 1);
  EXPECT_EQ(set("more"), kOom);
  EXPECT_EQ(client_("INCR n"), kOom);
  EXPECT_EQ(client_("LPUSH l x"), kOom);
  EXPECT_EQ(client_("COPY k0 k1 REPLACE"), kOom);
  EXPECT_EQ(client_("EVAL \"#!lua\\nreturn 1\" 0"), kOom);
  EXPECT_EQ(client_("EXISTS k0 more n l"), "(integer) 1");
  EXPECT_EQ(client_("EXPIRE k1 100"), "(integer) 1");
  EXPECT_EQ(client_("STRLEN k1"), "(integer) 1000");
  EXPECT_EQ(client_("DEL k0"), "(integer) 1");
  EXPECT_EQ(client_("SET small 1"), "OK");
  configure("maxmemory", "0");
  EXPECT_EQ(set("more"), "OK");
}

TEST_F(EvictionTest, spoils_a_transaction_that_takes_memory) {
  fill("k", 10);
  limit(executor_.used_memory_bytes() - 1);
  EXPECT_EQ(client_("MULTI"), "OK");
  EXPECT_EQ(client_("SET a 1"), kOom);
  EXPECT_EQ(client_("DEL k0"), kOom);  // what is queued takes memory, whatever it is
  EXPECT_EQ(client_("SLOWLOG RESET"), kOom);
  EXPECT_EQ(client_("WATCH k0"), kOom);
  EXPECT_EQ(client_("EXEC"), "(error) EXECABORT Transaction discarded because of previous errors.");
  EXPECT_EQ(client_("EXISTS k0"), "(integer) 1");
  EXPECT_EQ(client_("MULTI"), "OK");
  EXPECT_EQ(client_("DISCARD"), "OK");
}

TEST_F(EvictionTest, executes_a_queue_that_takes_no_memory_and_refuses_one_that_does) {
  fill("k", 10);
  client_("MULTI");
  EXPECT_EQ(client_("DEL k0"), "QUEUED");
  TestClient other(executor_);
  other("MULTI");
  EXPECT_EQ(other("SET a 1"), "QUEUED");
  TestClient limiter(executor_);
  limiter("CONFIG SET maxmemory " + std::to_string(executor_.used_memory_bytes() - 1));
  EXPECT_EQ(other("EXEC"),
            "(error) EXECABORT Transaction discarded because of: OOM command not allowed when used "
            "memory > 'maxmemory'.");
  EXPECT_EQ(client_("EXEC"), "1) (integer) 1");
}

TEST_F(EvictionTest, refuses_in_a_batch_just_the_commands_that_take_memory) {
  fill("k", 10);
  limit(executor_.used_memory_bytes() - 1);
  const std::vector<std::string_view> get{"GET", "k0"}, set{"SET", "k1", "x"}, del{"DEL", "k2"};
  const std::vector<Words> batch{get, set, del, set};
  ReplyBuilder reply(2);
  ExecuteStatus status;
  EXPECT_EQ(executor_.execute_batch(client_, batch, reply, status), 4u);
  ASSERT_EQ(reply.replies().size(), 4u);
  EXPECT_EQ(to_string(reply.replies()[0]), "\"" + std::string(kValueBytes, 'v') + "\"");
  EXPECT_EQ(to_string(reply.replies()[1]), kOom);
  EXPECT_EQ(to_string(reply.replies()[2]), "(integer) 1");
  EXPECT_EQ(to_string(reply.replies()[3]), "OK");  // there is room again
}

TEST_F(EvictionTest, refuses_writes_when_only_keys_without_a_deadline_are_left) {
  for (const char* policy : {"volatile-lru", "volatile-lfu", "volatile-random", "volatile-ttl",
                             "volatile-tinylfu"}) {
    SCOPED_TRACE(policy);
    configure("maxmemory", "0");
    client_("FLUSHALL");
    fill("stay", 100);
    fill("go", 20, " EX 1000");
    squeeze(policy, 50 * kValueBytes);
    EXPECT_EQ(count("go", 20), 0);
    EXPECT_EQ(count("stay", 100), 100);
    EXPECT_EQ(set("more"), kOom);
    EXPECT_EQ(set("more", " EX 10"), kOom);
  }
}

class EvictionPolicies : public EvictionTest, public testing::WithParamInterface<const char*> {};
INSTANTIATE_TEST_SUITE_P(All, EvictionPolicies,
                         testing::Values("allkeys-lru", "allkeys-lfu", "allkeys-random", "allkeys-tinylfu",
                                         "volatile-lru", "volatile-lfu", "volatile-random",
                                         "volatile-tinylfu", "volatile-ttl"));

TEST_P(EvictionPolicies, stay_within_the_limit_however_much_is_written) {
  configure("maxmemory-policy", GetParam());
  limit(executor_.used_memory_bytes() + 200 * kValueBytes);
  for (int i = 0; i < kKeys; ++i) {
    ASSERT_EQ(set("k" + std::to_string(i), " EX 1000"), "OK");
    // One command's worth more at most, which goes before the next.
    ASSERT_LE(executor_.used_memory_bytes(), limit_bytes_ + 4 * kValueBytes) << i;
  }
  executor_.tick();
  EXPECT_TRUE(is_within_limit());
  const auto left = static_cast<int64_t>(executor_.keyspace().key_count(0));
  EXPECT_GT(left, 50);  // and no more goes than has to
  EXPECT_EQ(static_cast<int64_t>(executor_.keyspace().totals().evicted), kKeys - left);
  EXPECT_EQ(client_("DBSIZE"), "(integer) " + std::to_string(left));
}

TEST_F(EvictionTest, lru_takes_what_was_not_used_for_long) {
  fill("idle", kKeys / 2);
  fill("used", kKeys / 2);
  clock_.advance_ms(100'000);
  for (int i = 0; i < kKeys / 2; ++i) client_("GET used" + std::to_string(i));
  squeeze("allkeys-lru", 200 * kValueBytes);
  EXPECT_TRUE(is_within_limit());
  EXPECT_GE(count("used", kKeys / 2), kKeys / 2 - 5);
  EXPECT_LE(count("idle", kKeys / 2), kKeys / 2 - 150);
}

TEST_F(EvictionTest, lfu_takes_what_is_rarely_used) {
  configure("maxmemory-policy", "allkeys-lfu");
  fill("rare", kKeys / 2);
  fill("used", kKeys / 2);
  for (int round = 0; round < 30; ++round) {
    for (int i = 0; i < kKeys / 2; ++i) client_("GET used" + std::to_string(i));
  }
  squeeze("allkeys-lfu", 200 * kValueBytes);
  EXPECT_TRUE(is_within_limit());
  EXPECT_GE(count("used", kKeys / 2), kKeys / 2 - 5);
  EXPECT_LE(count("rare", kKeys / 2), kKeys / 2 - 150);
}

TEST_F(EvictionTest, tinylfu_takes_what_is_rarely_used) {
  configure("maxmemory-policy", "allkeys-tinylfu");
  fill("used", kKeys / 2);
  for (int round = 0; round < 3; ++round) {
    for (int i = 0; i < kKeys / 2; ++i) client_("GET used" + std::to_string(i));
  }
  limit(executor_.used_memory_bytes() + 100 * kValueBytes);
  fill("once", 2 * kKeys);  // a scan
  EXPECT_GE(count("used", kKeys / 2), kKeys / 2 * 9 / 10);
}

TEST_F(EvictionTest, tinylfu_shows_frequencies_and_no_idle_times) {
  configure("maxmemory-policy", "allkeys-tinylfu");
  client_("SET k v");
  EXPECT_EQ(client_("OBJECT FREQ k"), "(integer) 1");
  client_("GET k");
  client_("GET k");
  EXPECT_EQ(client_("OBJECT FREQ k"), "(integer) 3");
  EXPECT_TRUE(client_("OBJECT IDLETIME k").starts_with("(error) ERR An LFU maxmemory policy is selected"));
}

TEST(AccessClocks, lose_one_where_they_start_again_as_in_redis) {
  const int64_t now_ms = 1'700'000'000'000;
  const auto clock = static_cast<uint32_t>(now_ms / 1000 & 0xffffff);
  EXPECT_EQ(idle_seconds(clock - 10, now_ms), 10u);
  EXPECT_EQ(idle_seconds(clock + 10, now_ms), 0xffffffu - 10);
  const auto minutes = static_cast<uint32_t>(now_ms / 60'000 & 0xffff);
  const AccessPolicy policy{.lfu = true, .lfu_decay_time_min = 0xffff - 2};
  EXPECT_EQ(lfu_frequency(policy, (minutes - 10) << 8 | 7, now_ms), 7);
  EXPECT_EQ(lfu_frequency(policy, (minutes + 2) << 8 | 7, now_ms), 6);  // 65,533 minutes ago
  EXPECT_EQ(lfu_frequency(policy, (minutes + 3) << 8 | 7, now_ms), 7);  // 65,532 minutes ago
}

TEST_F(EvictionTest, lets_the_policy_change_while_keys_are_there) {
  fill("k", kKeys);
  for (const char* policy : {"allkeys-tinylfu", "allkeys-lru", "allkeys-tinylfu", "allkeys-lfu", "allkeys-random"}) {
    SCOPED_TRACE(policy);
    squeeze(policy, 100 * kValueBytes);
    EXPECT_TRUE(is_within_limit());
  }
  EXPECT_GT(count("k", kKeys), kKeys / 3);
}

TEST_F(EvictionTest, keeps_its_running_total_equal_to_the_sum_of_all_accounts) {
  limit(100 << 20);
  fill("k", kKeys);
  for (int i = 0; i < kKeys; i += 2) client_("DEL k" + std::to_string(i));
  client_("RENAME k1 renamed");
  client_("FLUSHDB");
  fill("again", 10, " PX 10");
  clock_.advance_ms(100);
  for (int i = 0; i < 12; ++i) executor_.tick();
  EXPECT_EQ(executor_.keyspace().counted_bytes(), executor_.keyspace().used_bytes());
  configure("maxmemory", "0");
  EXPECT_EQ(executor_.keyspace().counted_bytes(), Keyspace::kUncounted);
}

TEST_F(EvictionTest, frees_large_values_later_and_evicts_no_more_for_them) {
  configure("maxmemory-eviction-tenacity", "100");  // however slow the machine is
  for (const char* command : {"ZADD zset", "HSET hash", "SADD set", "RPUSH list"}) {
    for (int batch = 0; batch < 50; ++batch) {
      std::string line = command;
      for (int i = 0; i < 100; ++i) {
        const std::string number = std::to_string(batch * 100 + i);
        line += std::string(command[0] == 'Z' ? " " + number : command[0] == 'H' ? " f" + number : "") +
                " member" + number;
      }
      ASSERT_FALSE(client_(line).starts_with("(error)"));
    }
  }
  const uint64_t large_bytes = executor_.used_memory_bytes();
  for (int i = 0; i < 20; ++i) client_("SET stay" + std::to_string(i) + " v EX 100");
  for (const char* key : {"zset", "hash", "set", "list"}) {
    client_(std::string("EXPIRE ") + key + " 10");  // ends first
  }
  configure("maxmemory-policy", "volatile-ttl");
  configure("maxmemory-samples", "64");
  limit(executor_.used_memory_bytes() - large_bytes / 2);
  client_("PING");
  EXPECT_GT(executor_.state().pending_frees(), 0u);
  EXPECT_EQ(count("stay", 20), 20);
  executor_.tick();
  EXPECT_EQ(executor_.state().pending_frees(), 0u);
  EXPECT_GT(executor_.state().lazily_freed(), 0u);
  EXPECT_EQ(executor_.state().graveyard().pending_bytes(), 0);
  EXPECT_TRUE(is_within_limit());
  EXPECT_EQ(count("stay", 20), 20);
}

TEST_F(EvictionTest, evicts_a_limited_time_at_once_and_goes_on_later) {
  // Time passes with each look at this clock.
  class SteppingClock final : public Clock {
   public:
    int64_t unix_time_us() const override { return 1'700'000'000'000'000; }
    int64_t monotonic_time_ns() const override { return now_ns_ += 1'000'000; }

   private:
    mutable std::atomic<int64_t> now_ns_{1};
  } clock;
  Executor executor(options(clock));
  TestClient client(executor);
  client("CONFIG SET maxmemory-policy allkeys-random");
  for (int i = 0; i < kKeys; ++i) client("SET k" + std::to_string(i) + " " + std::string(kValueBytes, 'v'));
  client("CONFIG SET maxmemory " + std::to_string(executor.used_memory_bytes() / 2));
  EXPECT_EQ(client("SET more v"), "OK");  // room is being made
  const size_t after_one = executor.keyspace().key_count(0);
  EXPECT_GT(after_one, static_cast<size_t>(kKeys - 40));
  EXPECT_GT(executor.eviction().exceeded_ms_now(), 0u);
  client("CONFIG SET maxmemory-eviction-tenacity 100");
  client("PING");
  EXPECT_LT(executor.keyspace().key_count(0), static_cast<size_t>(kKeys * 6 / 10));
  EXPECT_EQ(executor.eviction().exceeded_ms_now(), 0u);
  EXPECT_GT(executor.eviction().exceeded_ms_in_all(), 0u);
}

TEST_F(EvictionTest, ttl_takes_what_ends_soonest) {
  fill("late", kKeys / 2, " EX 100000");
  fill("soon", kKeys / 2, " EX 1000");
  squeeze("volatile-ttl", 200 * kValueBytes);
  EXPECT_TRUE(is_within_limit());
  EXPECT_GE(count("late", kKeys / 2), kKeys / 2 - 5);
  EXPECT_LE(count("soon", kKeys / 2), kKeys / 2 - 150);
}

TEST_F(EvictionTest, tells_watchers_of_what_it_takes) {
  fill("k", 100);
  TestClient watcher(executor_);
  for (int i = 0; i < 100; ++i) watcher("WATCH k" + std::to_string(i));
  squeeze("allkeys-random", 10 * kValueBytes);
  configure("maxmemory", "0");
  watcher("MULTI");
  EXPECT_EQ(watcher("EXEC"), "(nil)");
}

// --- Active expiry

class ActiveExpiry : public EvictionTest {
 protected:
  // As many ticks as visit every shard once.
  void sweep() {
    for (int i = 0; i < 12; ++i) executor_.tick();
  }
  size_t keys() { return executor_.keyspace().key_count(0); }
};

TEST_F(ActiveExpiry, frees_keys_that_nobody_reads) {
  const uint64_t empty_bytes = executor_.used_memory_bytes();
  fill("stay", 100);
  const uint64_t staying_bytes = executor_.used_memory_bytes() - empty_bytes;
  fill("go", kKeys, " PX 100");
  const uint64_t full_bytes = executor_.used_memory_bytes() - empty_bytes;
  clock_.advance_ms(50);
  sweep();
  EXPECT_EQ(keys(), static_cast<size_t>(kKeys + 100));
  clock_.advance_ms(200);
  sweep();
  EXPECT_EQ(keys(), 100u);
  EXPECT_EQ(count("stay", 100), 100);
  EXPECT_EQ(executor_.keyspace().totals().expired, static_cast<uint64_t>(kKeys));
  // All but the tables that found them.
  const uint64_t left_bytes = executor_.used_memory_bytes() - empty_bytes;
  EXPECT_LT(left_bytes, staying_bytes + (full_bytes - staying_bytes) / 10);
}

TEST_F(ActiveExpiry, follows_deadlines_that_move_and_go) {
  fill("later", 100, " PX 100");
  fill("sooner", 100, " EX 1000");
  fill("never", 100, " PX 100");
  for (int i = 0; i < 100; ++i) {
    client_("PEXPIRE later" + std::to_string(i) + " 5000");
    client_("PEXPIRE sooner" + std::to_string(i) + " 100");
    client_("PERSIST never" + std::to_string(i));
  }
  clock_.advance_ms(300);
  sweep();
  EXPECT_EQ(keys(), 200u);
  EXPECT_EQ(count("sooner", 100), 0);
  clock_.advance_ms(5000);
  sweep();
  EXPECT_EQ(keys(), 100u);
  EXPECT_EQ(count("never", 100), 100);
}

TEST_F(ActiveExpiry, forgets_deadlines_of_keys_that_are_gone) {
  for (int i = 0; i < 200'000; ++i) {
    client_("SET k v EX 100000");
    client_("DEL k");
  }
  EXPECT_LT(executor_.used_memory_bytes(), 16'000u);
  client_("SET k v EX 100");
  clock_.advance_ms(101'000);
  sweep();
  EXPECT_EQ(keys(), 0u);
}

TEST_F(ActiveExpiry, works_in_every_database) {
  client_("SELECT 9");
  fill("go", 100, " PX 100");
  client_("SELECT 0");
  clock_.advance_ms(300);
  sweep();
  EXPECT_EQ(executor_.keyspace().key_count(9), 0u);
}

TEST_F(ActiveExpiry, goes_on_after_databases_were_swapped) {
  fill("go", 100, " PX 100");
  client_("SWAPDB 0 3");
  clock_.advance_ms(300);
  sweep();
  EXPECT_EQ(executor_.keyspace().key_count(3), 0u);
}

TEST_F(ActiveExpiry, stands_still_while_it_is_turned_off) {
  executor_.config().set_active_expiry(false);
  fill("go", 100, " PX 100");
  clock_.advance_ms(300);
  sweep();
  EXPECT_EQ(keys(), 100u);
  EXPECT_EQ(client_("GET go0"), "(nil)");  // and yet it is not seen any more
  executor_.config().set_active_expiry(true);
  sweep();
  EXPECT_EQ(keys(), 0u);
}

}  // namespace
}  // namespace redstart
