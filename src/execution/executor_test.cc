// Executor: batches, and commands that wait.
#include "execution/executor.h"

#include <gtest/gtest.h>

#include <thread>

#include "base/clock.h"
#include "execution/command_stats.h"
#include "execution/test_client.h"

namespace redstart {
namespace {

class ExecutorTest : public testing::Test {
 protected:
  static Executor::Options options(const Clock& clock) {
    Executor::Options options;
    options.clock = &clock;
    return options;
  }
  // Gives commands as one batch; how many were consumed.
  size_t run_batch(TestClient& client, const std::vector<std::string>& lines) {
    std::vector<std::vector<std::string>> owned;
    for (const std::string& line : lines) {
      const auto words = *split_quoted_words(line);
      owned.emplace_back(words.begin(), words.end());
    }
    std::vector<std::vector<std::string_view>> views;
    for (const auto& words : owned) views.emplace_back(words.begin(), words.end());
    const std::vector<Words> batch(views.begin(), views.end());
    ReplyBuilder builder(client.protocol);
    const size_t consumed = executor_.execute_batch(client, batch, builder, status_);
    replies_.clear();
    for (const Reply& reply : builder.replies()) replies_.push_back(to_string(reply));
    return consumed;
  }

  ManualClock clock_;
  Executor executor_{options(clock_)};
  TestClient client_{executor_}, other_{executor_};
  ExecuteStatus status_ = ExecuteStatus::done;
  std::vector<std::string> replies_;
};
using Strings = std::vector<std::string>;

TEST_F(ExecutorTest, answers_every_command_of_a_batch_whatever_fails) {
  EXPECT_EQ(run_batch(client_, {"SET k 1", "NOPE", "GET", "INCR k", "LPUSH k x", "GET k"}), 6u);
  EXPECT_EQ(replies_,
            (Strings{"OK", "(error) ERR unknown command 'NOPE', with args beginning with: ",
                     "(error) ERR wrong number of arguments for 'get' command", "(integer) 2",
                     "(error) WRONGTYPE Operation against a key holding the wrong kind of value",
                     "\"2\""}));
}

// A program whose threads are short-lived had statistics and interpreters of them all.
TEST_F(ExecutorTest, gives_a_new_thread_the_statistics_of_one_that_ended) {
  for (int i = 0; i < 20; ++i) {
    std::thread([&] { EXPECT_EQ(run_batch(client_, {"INCR threads", "EVAL 'return 1' 0"}), 2u); }).join();
  }
  EXPECT_EQ(executor_.thread_contexts().size(), 1u);
  const size_t incr = executor_.commands().index_of(*executor_.commands().find("incr"));
  EXPECT_EQ(merged_stats(executor_.thread_contexts(), incr).calls, 20u);
}

TEST_F(ExecutorTest, lets_each_command_of_a_batch_decide_about_the_next) {
  EXPECT_EQ(run_batch(client_, {"SET k 1", "SELECT 1", "SET k 2", "MULTI", "GET k", "SET k 3",
                                "EXEC", "GET k", "SELECT 0", "GET k"}),
            10u);
  EXPECT_EQ(replies_, (Strings{"OK", "OK", "OK", "OK", "QUEUED", "QUEUED", "1) \"2\"\n2) OK",
                               "\"3\"", "OK", "\"1\""}));
}

TEST_F(ExecutorTest, keeps_a_client_that_monitors_from_the_data) {
  constexpr const char* kRefusal = "(error) ERR Replica can't interact with the keyspace";
  EXPECT_EQ(run_batch(client_, {"MONITOR", "SET k 1", "GET k", "EVAL 'return 1' 0", "PING", "RESET", "GET k"}), 7u);
  EXPECT_EQ(replies_, (Strings{"OK", kRefusal, kRefusal, kRefusal, "PONG", "RESET", "(nil)"}));
}

TEST_F(ExecutorTest, takes_no_subscription_to_a_shard_channel_in_a_transaction) {
  client_.run_all("MULTI|SSUBSCRIBE a|SUBSCRIBE b");
  EXPECT_EQ(client_.reply("EXEC")[0].text(), "ERR SSUBSCRIBE isn't allowed for a DENY BLOCKING client");
}

TEST_F(ExecutorTest, stops_a_batch_where_a_command_blocks) {
  EXPECT_EQ(run_batch(client_, {"SET k 1", "BLPOP queue 0", "SET k 2"}), 2u);
  EXPECT_EQ(status_, ExecuteStatus::blocked);
  EXPECT_EQ(replies_, Strings{"OK"});
  EXPECT_EQ(other_("GET k"), "\"1\"");
  other_("RPUSH queue x");
  EXPECT_EQ(client_.late, "1) \"queue\"\n2) \"x\"");
}

TEST_F(ExecutorTest, runs_batches_longer_than_what_is_prefetched_together) {
  Strings lines, expected;
  for (int i = 1; i <= 300; ++i) {
    lines.push_back(i % 7 ? "INCR n" : "ECHO e");
    expected.push_back(i % 7 ? "(integer) " + std::to_string(i - i / 7) : "\"e\"");
  }
  EXPECT_EQ(run_batch(client_, lines), 300u);
  EXPECT_EQ(replies_, expected);
}

TEST_F(ExecutorTest, does_not_show_what_expires_between_two_commands) {
  client_("SET k 1 PX 100");
  clock_.advance_ms(100);
  EXPECT_EQ(client_("GET k"), "\"1\"");
  clock_.advance_ms(1);
  EXPECT_EQ(client_("GET k"), "(nil)");
  EXPECT_EQ(client_("INCR k"), "(integer) 1");
  EXPECT_EQ(client_("TTL k"), "(integer) -1");
}

TEST_F(ExecutorTest, gives_up_waiting_when_the_time_has_come) {
  EXPECT_EQ(client_("BLPOP queue 1.5"), "(no reply)");
  clock_.advance_ms(1499);
  executor_.tick();
  EXPECT_EQ(client_.late, "");
  clock_.advance_ms(1);
  executor_.tick();
  EXPECT_EQ(client_.late, "(nil)");
  other_("RPUSH queue x");
  EXPECT_EQ(other_("LLEN queue"), "(integer) 1");
}

TEST_F(ExecutorTest, tells_how_many_keys_are_waited_for) {
  const auto expect = [&](const std::string& keys, const std::string& on_loss) {
    const std::string info = other_("INFO clients");
    EXPECT_NE(info.find("total_blocking_keys:" + keys + "\r"), std::string::npos) << info;
    EXPECT_NE(info.find("total_blocking_keys_on_nokey:" + on_loss + "\r"), std::string::npos) << info;
  };
  expect("0", "0");
  TestClient reader(executor_);
  client_("BLPOP queue queue list 1.5");
  expect("2", "0");
  other_("XGROUP CREATE stream g $ MKSTREAM");
  reader("XREADGROUP GROUP g c BLOCK 1500 STREAMS stream >");
  expect("3", "1");
  other_("RPUSH list x");
  expect("1", "1");
  clock_.advance_ms(1500);
  executor_.tick();
  expect("0", "0");
}

// The sum of such times is more than there are numbers: INFO once ended the process.
TEST_F(ExecutorTest, tells_the_mean_time_to_live_however_far_away_deadlines_are) {
  for (int i = 0; i < 50; ++i) client_("SET " + std::to_string(i) + " v PXAT 9223372036854775807");
  const std::string mean = std::to_string(9223372036854775807 - clock_.unix_time_ms());
  const std::string info = client_("INFO keyspace");
  EXPECT_NE(info.find("db0:keys=50,expires=50,avg_ttl=" + mean), std::string::npos) << info;
}

TEST_F(ExecutorTest, serves_a_waiter_only_when_a_transaction_is_over) {
  client_("BLPOP queue 0");
  other_.run_all("MULTI|RPUSH queue a|LPUSH queue b|LPOP queue");
  EXPECT_EQ(client_.late, "");
  EXPECT_EQ(other_("EXEC"), "1) (integer) 1\n2) (integer) 2\n3) \"b\"");
  EXPECT_EQ(client_.late, "1) \"queue\"\n2) \"a\"");
}

TEST_F(ExecutorTest, lets_waiters_wait_on_when_a_transaction_leaves_nothing) {
  client_("BLPOP queue 0");
  other_.run_all("MULTI|RPUSH queue a|DEL queue|EXEC");
  EXPECT_EQ(client_.late, "");
  other_("RPUSH queue b");
  EXPECT_EQ(client_.late, "1) \"queue\"\n2) \"b\"");
}

TEST_F(ExecutorTest, wakes_waiters_by_everything_that_makes_a_key) {
  for (const char* maker :
       {"RPUSH queue x", "LPUSH queue x", "RPUSH s x|RENAME s queue", "RPUSH s x|COPY s queue",
        "RPUSH s x|LMOVE s queue LEFT LEFT", "RPUSH s x|SORT s ALPHA STORE queue",
        "SELECT 1|RPUSH queue x|MOVE queue 0", "SELECT 1|RPUSH queue x|SWAPDB 0 1"}) {
    SCOPED_TRACE(maker);
    TestClient waiter(executor_), pusher(executor_);
    pusher("FLUSHALL");
    waiter("BLPOP queue 0");
    pusher.run_all(maker);
    EXPECT_EQ(waiter.late, "1) \"queue\"\n2) \"x\"");
  }
}

TEST_F(ExecutorTest, forgets_who_is_gone) {
  {
    TestClient visitor(executor_);
    visitor("WATCH k");
    visitor("BLPOP queue 0");
  }
  client_("SET k 1");
  client_("RPUSH queue x");
  EXPECT_EQ(client_("LLEN queue"), "(integer) 1");
}

// Commands that take one shard, several, and all of them, from several threads at once.
TEST_F(ExecutorTest, mixes_commands_of_all_reaches) {
  constexpr int kThreads = 4, kRounds = 150;
  std::vector<std::jthread> threads;
  for (int i = 0; i < kThreads; ++i) {
    threads.emplace_back([&, i] {
      TestClient client(executor_);
      for (int round = 0; round < kRounds; ++round) {
        const std::string a = std::to_string((i + round) % 10), b = std::to_string(round * 7 % 10);
        client("INCR total");
        client("SADD s" + a + " x" + b);
        client("SUNIONSTORE s" + b + " s" + a + " s" + b);
        client("RENAME s" + a + " s" + b);
        if (round % 50 == i) client.run_all("SWAPDB 1 2|KEYS *|SELECT 1|FLUSHDB ASYNC|SELECT 0");
        client("EXPIRE s" + b + " 100");
        client("SMOVE s" + b + " s" + a + " x" + b);
      }
    });
  }
  for (int i = 0; i < 200; ++i) executor_.tick();
  threads.clear();
  EXPECT_EQ(client_("GET total"), "\"600\"");
  client_("FLUSHALL");
  EXPECT_EQ(executor_.keyspace().key_count(0), 0u);
  EXPECT_EQ(executor_.keyspace().volatile_count(0), 0u);
}

}  // namespace
}  // namespace redstart
