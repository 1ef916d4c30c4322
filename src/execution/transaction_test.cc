// MULTI, EXEC and WATCH: what spoils a transaction, exactly what WATCH notices, and that others
// never see half of anything.
#include "execution/transaction.h"

#include <gtest/gtest.h>

#include <atomic>
#include <thread>

#include "base/clock.h"
#include "execution/test_client.h"

namespace redstart {
namespace {

constexpr char kAborted[] = "(nil)";

class TransactionTest : public testing::Test {
 protected:
  static Executor::Options options(const Clock& clock) {
    Executor::Options options;
    options.clock = &clock;
    return options;
  }
  // A transaction of nothing but PING: whether it is executed.
  bool executes(TestClient& client) {
    EXPECT_EQ(client("MULTI"), "OK");
    EXPECT_EQ(client("PING"), "QUEUED");
    const std::string outcome = client("EXEC");
    EXPECT_TRUE(outcome == "1) PONG" || outcome == kAborted) << outcome;
    return outcome != kAborted;
  }

  ManualClock clock_;
  Executor executor_{options(clock_)};
  TestClient client_{executor_}, other_{executor_};
};

TEST_F(TransactionTest, refuses_what_makes_no_sense) {
  EXPECT_EQ(client_("EXEC"), "(error) ERR EXEC without MULTI");
  EXPECT_EQ(client_("DISCARD"), "(error) ERR DISCARD without MULTI");
  client_("MULTI");
  EXPECT_EQ(client_("MULTI"), "(error) ERR MULTI calls can not be nested");
  EXPECT_EQ(client_("WATCH k"), "(error) ERR WATCH inside MULTI is not allowed");
  EXPECT_EQ(client_("SET k 1"), "QUEUED");
  EXPECT_EQ(client_("EXEC"), "1) OK");
}

TEST_F(TransactionTest, executes_nothing_after_a_command_that_could_not_be_queued) {
  for (const char* spoiler : {"NOPE", "GET", "CLIENT NOPE", "SUBSCRIBE"}) {
    client_("MULTI");
    EXPECT_EQ(client_("SET k 1"), "QUEUED");
    EXPECT_TRUE(client_(spoiler).starts_with("(error) ERR ")) << spoiler;
    EXPECT_EQ(client_("SET k 2"), "QUEUED");
    EXPECT_EQ(client_("EXEC"),
              "(error) EXECABORT Transaction discarded because of previous errors.");
    EXPECT_EQ(client_("EXISTS k"), "(integer) 0");
  }
}

TEST_F(TransactionTest, goes_on_after_a_command_that_fails) {
  client_("MULTI");
  client_("SET k text");
  client_("INCR k");
  client_("LPUSH k x");
  client_("APPEND k !");
  EXPECT_EQ(client_("EXEC"),
            "1) OK\n2) (error) ERR value is not an integer or out of range\n3) (error) WRONGTYPE "
            "Operation against a key holding the wrong kind of value\n4) (integer) 5");
}

// SLOWLOG RESET was once taken for RESET, which is not queued.
TEST_F(TransactionTest, queues_subcommands_that_are_called_as_commands_which_are_not_queued) {
  client_("MULTI");
  for (const char* command : {"SLOWLOG RESET", "LATENCY RESET", "SSUBSCRIBE channel"}) {
    EXPECT_EQ(client_(command), "QUEUED") << command;
  }
  EXPECT_EQ(client_("EXEC"),
            "1) OK\n2) (integer) 0\n3) (error) ERR SSUBSCRIBE isn't allowed for a DENY BLOCKING client");
  client_("MULTI");
  EXPECT_EQ(client_("RESET"), "RESET");
  EXPECT_EQ(client_("EXEC"), "(error) ERR EXEC without MULTI");
}

TEST_F(TransactionTest, forgets_what_was_discarded) {
  client_("WATCH k");
  client_("MULTI");
  client_("SET k 1");
  EXPECT_EQ(client_("DISCARD"), "OK");
  EXPECT_EQ(client_("EXISTS k"), "(integer) 0");
  other_("SET k 2");
  EXPECT_TRUE(executes(client_));
}

TEST_F(TransactionTest, may_be_empty_and_may_change_the_database) {
  client_("MULTI");
  EXPECT_EQ(client_("EXEC"), "(empty array)");
  client_("MULTI");
  client_("SELECT 1");
  client_("SET k 1");
  EXPECT_EQ(client_("EXEC"), "1) OK\n2) OK");
  EXPECT_EQ(client_("GET k"), "\"1\"");
  EXPECT_EQ(other_("EXISTS k"), "(integer) 0");
}

TEST_F(TransactionTest, blocks_nobody) {
  client_("MULTI");
  client_("BLPOP none 0");
  client_("BLMOVE none other LEFT LEFT 0");
  EXPECT_EQ(client_("EXEC"), "1) (nil)\n2) (nil)");
  EXPECT_EQ(client_("PING"), "PONG");
}

// --- WATCH

struct WatchCase {
  const char* before;
  const char* change;
  bool is_noticed;
};

// What redis-server 7.0.15 notices of a change of another client to the watched key k.
constexpr WatchCase kWatchCases[] = {
    {"SET k 1", "GET k", false},
    {"SET k 1", "SET k 1", true},
    {"SET k 1", "SET k 2 NX", false},
    {"SET k 1", "SET k 2 XX GET", true},
    {"SET k 1", "SET other 1", false},
    {"SET k 1", "DEL k", true},
    {"SET k 1", "UNLINK k", true},
    {"SET k 1", "APPEND k x", true},
    {"SET k 1", "SETRANGE k 0 \"\"", false},
    {"SET k 1", "GETEX k", false},
    {"SET k 1", "GETDEL k", true},
    {"SET k 1", "EXPIRE k 100", true},
    {"SET k 1", "EXPIRE k 100 XX", false},
    {"SET k 1", "EXPIRE k -1", true},
    {"SET k 1", "PERSIST k", false},
    {"SET k 1 EX 100", "PERSIST k", true},
    {"SET k 1", "TOUCH k", false},
    {"SET k 1", "COPY k other", false},
    {"SET k 1|SET other 2", "COPY other k", false},
    {"SET k 1|SET other 2", "COPY other k REPLACE", true},
    {"SET k 1", "RENAME k other", true},
    {"SET other 1", "RENAME other k", true},
    {"SET k 1|SET other 2", "RENAMENX other k", false},
    {"SET k 1", "MOVE k 1", true},
    {"SET k 1", "FLUSHDB", true},
    {"SET k 1", "FLUSHALL", true},
    {"SET k 1", "SELECT 1|SET k 2", false},
    {"SET k 1", "SELECT 1|FLUSHDB", false},
    {"SET k 1", "SELECT 1|FLUSHALL", true},
    {"SET k 1", "SWAPDB 0 1", true},
    {"SET k 1", "SWAPDB 1 2", false},
    {"SELECT 1|SET k 1|SELECT 0", "SWAPDB 0 1", true},
    {"SET k 1", "MULTI|SET k 2|EXEC", true},
    {"SET k 1", "MULTI|SET k 2|DISCARD", false},
    {"", "SET k 1", true},
    {"", "DEL k", false},
    {"", "INCR k", true},
    {"", "LPUSHX k a", false},
    {"", "FLUSHALL", false},
    {"SET other 1", "FLUSHALL", false},
    {"SET other 1", "SWAPDB 0 1", false},
    {"", "SUNIONSTORE k none", false},
    {"SADD k a", "SUNIONSTORE k none", true},
    {"SADD k a", "SADD k a", false},
    {"SADD k a", "SADD k b", true},
    {"SADD k a", "SREM k b", false},
    {"SADD k a|SADD s x", "SMOVE s k x", true},
    {"SADD k a|SADD s x", "SMOVE s k y", false},
    {"RPUSH k a", "RPUSH k b", true},
    {"RPUSH k a", "LREM k 0 z", false},
    {"RPUSH k a", "LPOP k", true},
    {"RPUSH k a", "LMOVE k other LEFT LEFT", true},
    {"HSET k f 1", "HSETNX k f 2", false},
    {"HSET k f 1", "HINCRBY k f 1", true},
    {"HSET k f 1", "HDEL k g", false},
    {"ZADD k 1 m", "ZADD k 1 m", false},
    {"ZADD k 1 m", "ZADD k 2 m", true},
    {"ZADD k 1 m", "ZADD k GT 0 m", false},
    {"ZADD k 1 m", "ZREMRANGEBYSCORE k 5 6", false},
    {"ZADD k 1 m", "ZPOPMIN k", true},
};

TEST_F(TransactionTest, notices_exactly_what_redis_notices) {
  for (const WatchCase& c : kWatchCases) {
    TestClient watcher(executor_), changer(executor_);
    watcher("FLUSHALL");
    watcher.run_all(c.before);
    ASSERT_EQ(watcher("WATCH k"), "OK");
    changer.run_all(c.change);
    EXPECT_EQ(executes(watcher), !c.is_noticed) << c.before << " then " << c.change;
  }
}

TEST_F(TransactionTest, notices_the_watcher_s_own_change) {
  client_("WATCH k");
  client_("SET k 1");
  EXPECT_FALSE(executes(client_));
  client_("WATCH k");
  client_("GET k");
  EXPECT_TRUE(executes(client_));
}

TEST_F(TransactionTest, notices_that_a_watched_key_has_expired) {
  client_("SET k 1 PX 100");
  client_("WATCH k");
  clock_.advance_ms(101);  // nobody has looked at it since
  EXPECT_FALSE(executes(client_));
  client_("SET k 1 PX 100");
  client_("WATCH k");
  clock_.advance_ms(2000);
  for (int i = 0; i < 20; ++i) executor_.tick();
  EXPECT_EQ(executor_.keyspace().key_count(0), 0u);  // active expiry has freed it
  EXPECT_FALSE(executes(client_));
}

TEST_F(TransactionTest, does_not_mind_a_key_that_had_expired_before) {
  client_("SET k 1 PX 100");
  clock_.advance_ms(101);
  client_("WATCH k");
  EXPECT_EQ(other_("GET k"), "(nil)");
  EXPECT_TRUE(executes(client_));
}

TEST_F(TransactionTest, watches_many_keys_until_the_next_exec) {
  client_("WATCH a b c");
  client_("WATCH d a");
  other_("SET d 1");
  EXPECT_FALSE(executes(client_));
  other_("SET d 2");  // was watched for the last transaction only
  EXPECT_TRUE(executes(client_));
  client_("WATCH a");
  other_("SET a 1");
  client_("UNWATCH");
  EXPECT_TRUE(executes(client_));
}

TEST_F(TransactionTest, watches_a_key_in_the_database_that_was_selected) {
  client_("SELECT 1");
  client_("WATCH k");
  client_("SELECT 0");
  client_("WATCH k");
  other_("SELECT 2");
  other_("SET k 1");
  EXPECT_TRUE(executes(client_));
  client_("SELECT 1");
  client_("WATCH k");
  client_("SELECT 0");
  other_("SELECT 1");
  other_("SET k 1");
  EXPECT_FALSE(executes(client_));
}

TEST_F(TransactionTest, lets_one_of_two_watchers_win) {
  for (TestClient* client : {&client_, &other_}) {
    (*client)("WATCH k");
    (*client)("MULTI");
    (*client)("INCR k");
  }
  EXPECT_EQ(other_("EXEC"), "1) (integer) 1");
  EXPECT_EQ(client_("EXEC"), kAborted);
}

// --- Atomicity, with real threads

TEST_F(TransactionTest, shows_others_all_or_nothing) {
  constexpr int kWriters = 2, kRounds = 300;
  std::atomic<int> running{kWriters};
  std::vector<std::jthread> threads;
  for (int writer = 0; writer < kWriters; ++writer) {
    threads.emplace_back([&, writer] {
      TestClient client(executor_);
      for (int round = 0; round < kRounds; ++round) {
        const std::string value = std::to_string(writer * kRounds + round);
        if (round % 2) {
          client("MSET a " + value + " b " + value + " c " + value + " d " + value);
        } else {
          client.run_all("MULTI|SET d " + value + "|SET c " + value + "|SET b " + value +
                         "|SET a " + value + "|EXEC");
        }
      }
      --running;
    });
  }
  TestClient reader(executor_);
  reader("MSET a 0 b 0 c 0 d 0");
  int torn = 0;
  while (running > 0) {
    const Reply one = reader.reply("MGET a b c d");
    reader.run_all("MULTI|GET a|GET b|GET c|GET d");
    const Reply two = reader.reply("EXEC");
    for (const Reply* reply : {&one, &two}) {
      for (size_t i = 1; i < 4; ++i) torn += (*reply)[i].text() != (*reply)[0].text();
    }
  }
  EXPECT_EQ(torn, 0);
}

TEST_F(TransactionTest, loses_no_update_of_optimistic_writers) {
  constexpr int kThreads = 4, kUpdates = 100;
  std::vector<std::jthread> threads;
  for (int i = 0; i < kThreads; ++i) {
    threads.emplace_back([&] {
      TestClient client(executor_);
      for (int done = 0; done < kUpdates;) {
        client("WATCH counter mirror");
        const Reply value = client.reply("GET counter");
        const std::string next = std::to_string(value.is_null() ? 1 : std::stoi(value.text()) + 1);
        client.run_all("MULTI|SET counter " + next + "|SET mirror " + next);
        done += client("EXEC") != kAborted;
      }
    });
  }
  threads.clear();
  EXPECT_EQ(client_("MGET counter mirror"), "1) \"400\"\n2) \"400\"");
}

TEST_F(TransactionTest, keeps_the_sum_of_what_is_moved_about) {
  constexpr int kThreads = 4, kAccounts = 8, kMoves = 200;
  for (int i = 0; i < kAccounts; ++i) client_("SET account:" + std::to_string(i) + " 100");
  std::atomic<int> running{kThreads};
  std::vector<std::jthread> threads;
  for (int i = 0; i < kThreads; ++i) {
    threads.emplace_back([&, i] {
      TestClient client(executor_);
      for (int move = 0; move < kMoves; ++move) {
        const std::string from = std::to_string((i * 3 + move) % kAccounts);
        const std::string to = std::to_string((i + move * 5) % kAccounts);
        client.run_all("MULTI|DECRBY account:" + from + " 7|INCRBY account:" + to + " 7|EXEC");
      }
      --running;
    });
  }
  const auto sum = [&] {
    int64_t total = 0;
    const Reply all = client_.reply(
        "MGET account:0 account:1 account:2 account:3 account:4 account:5 account:6 account:7");
    for (const Reply& one : all.elements()) total += std::stoll(one.text());
    return total;
  };
  do {
    ASSERT_EQ(sum(), 800);
  } while (running > 0);
  threads.clear();
  EXPECT_EQ(sum(), 800);
}

}  // namespace
}  // namespace redstart
