// Eviction and active expiry: what goes when memory is short, what is refused, and that unread keys
// go.
#include "execution/eviction.h"

#include <gtest/gtest.h>

#include "base/clock.h"
#include "execution/config.h"
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
  EXPECT_EQ(client_("DEL k0"), "QUEUED");
  EXPECT_EQ(client_("EXEC"), "(error) EXECABORT Transaction discarded because of previous errors.");
  EXPECT_EQ(client_("EXISTS k0"), "(integer) 1");
}

TEST_F(EvictionTest, refuses_writes_when_only_keys_without_a_deadline_are_left) {
  for (const char* policy : {"volatile-lru", "volatile-lfu", "volatile-random", "volatile-ttl"}) {
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
                         testing::Values("allkeys-lru", "allkeys-lfu", "allkeys-random",
                                         "volatile-lru", "volatile-lfu", "volatile-random",
                                         "volatile-ttl"));

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
