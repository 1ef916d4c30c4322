#include "execution/replay.h"

#include <gtest/gtest.h>

#include "base/random.h"
#include "execution/command_tester.h"
#include "execution/dataset_digest.h"

namespace redstart {
namespace {

class Replays : public testing::TestWithParam<size_t> {
 protected:
  // Returns why it cannot be one of a log.
  std::string replay(std::string_view line) {
    const auto words = *split_quoted_words(line);
    const std::vector<std::string_view> views(words.begin(), words.end());
    const auto refusal = replay_.execute(views);
    replay_.finish();
    return refusal.value_or("");
  }

  CommandTester run;
  Replay replay_{run.executor, GetParam()};
};
// Without threads, and with more than there are processors, so that they overtake each other.
INSTANTIATE_TEST_SUITE_P(Threads, Replays, testing::Values(0, 5));

TEST_P(Replays, refuse_what_is_no_command) {
  EXPECT_EQ(replay("NOPE a"), "there is no command 'NOPE'");
  EXPECT_EQ(replay("XGROUP NOPE a"), "there is no command 'XGROUP'");
  EXPECT_EQ(replay("GET a b"), "the command 'GET' cannot have 2 arguments");
  EXPECT_EQ(replay_.commands(), 0u);
}

TEST_P(Replays, refuse_what_acts_on_more_than_data) {
  for (const std::string line : {"SHUTDOWN", "DEBUG SLEEP 0", "CONFIG SET maxmemory 1", "MONITOR", "QUIT", "AUTH text",
                                 "SUBSCRIBE a", "WATCH a", "BLPOP a 0", "XREAD BLOCK 0 STREAMS a 0", "WAIT 1 0",
                                 "CLIENT KILL 127.0.0.1:1", "SAVE", "BGREWRITEAOF", "ACL SETUSER a", "MULTI"}) {
    const std::string name = line.substr(0, line.find(' '));
    EXPECT_EQ(replay(line), "the command '" + name + "' never stands in a log");
  }
  EXPECT_EQ(replay_.commands(), 0u);
}

TEST_P(Replays, know_what_other_versions_have_logged) {
  for (const char* line : {"PING", "SELECT 0", "RPUSH from a", "BRPOPLPUSH from to 0", "BRPOPLPUSH from to 0",
                           "SCRIPT LOAD 'return 1'", "EVAL 'redis.call(\"set\", KEYS[1], 1)' 1 key", "SCRIPT FLUSH",
                           "PFCOUNT hll", "PUBLISH channel text", "GET key"}) {
    EXPECT_EQ(replay(line), "") << line;
  }
  EXPECT_EQ(replay_.failures(), 0u) << replay_.first_failure();
  EXPECT_EQ(run("LRANGE to 0 -1"), "1) \"a\"");
  EXPECT_EQ(run("GET key"), "\"1\"");
}

TEST_P(Replays, go_on_behind_a_command_that_failed) {
  EXPECT_EQ(replay("SET key text"), "");
  EXPECT_EQ(replay("INCR key"), "");
  EXPECT_EQ(replay("SET key 1"), "");
  EXPECT_EQ(replay_.failures(), 1u);
  EXPECT_EQ(replay_.first_failure(), "'INCR': ERR value is not an integer or out of range");
  EXPECT_EQ(run("GET key"), "\"1\"");
}

TEST_P(Replays, take_nothing_for_due) {
  replay("SET key value PXAT 1000");
  replay("PERSIST key");
  replay("HSET hash field value");
  replay("HPEXPIREAT hash 1000 FIELDS 1 field");
  replay("HPERSIST hash FIELDS 1 field");
  EXPECT_EQ(run("GET key"), "\"value\"");
  EXPECT_EQ(run("HGET hash field"), "\"value\"");
}

// Delivery times of pending entries were lost, and XAUTOCLAIM took them from consumers that were at work.
TEST_P(Replays, know_what_time_it_is) {
  const int64_t now_ms = run.clock.unix_time_ms();
  replay("XADD stream 1-1 field value");
  replay("XGROUP CREATE stream group 0");
  replay("XCLAIM stream group consumer 0 1-1 TIME " + std::to_string(now_ms - 500) + " RETRYCOUNT 1 FORCE JUSTID");
  replay("SET brief value EX 100");
  replay("SET briefer value");
  replay("EXPIRE briefer 100");
  EXPECT_EQ(run("XPENDING stream group IDLE 400 - + 10"),
            "1) 1) \"1-1\"\n   2) \"consumer\"\n   3) (integer) 500\n   4) (integer) 1");
  EXPECT_EQ(run("XAUTOCLAIM stream group other 501 0 JUSTID"), "1) \"0-0\"\n2) (empty array)\n3) (empty array)");
  EXPECT_EQ(run("PTTL brief"), "(integer) 100000");
  EXPECT_EQ(run("PTTL briefer"), "(integer) 100000");
}

TEST_P(Replays, take_a_limit_that_redis_leaves_behind_an_exact_trim_for_void) {
  for (int i = 1; i <= 3; ++i) replay("XADD stream " + std::to_string(i) + "-1 LIMIT =");
  replay("XADD stream NOMKSTREAM maxlen = 2 limit 1 4-1 field value");
  EXPECT_EQ(run("XLEN stream"), "(integer) 2");
  replay("XTRIM stream MINID = 4 LIMIT 100");
  EXPECT_EQ(run("XLEN stream"), "(integer) 1");
  EXPECT_EQ(replay_.failures(), 0u);
}

// Some of what a log may hold, with keys that meet often.
std::string random_command(Random& random) {
  const auto key = [&] { return "key:" + std::to_string(random.below(200)); };
  const auto number = [&] { return std::to_string(random.below(1000)); };
  switch (random.below(24)) {
    case 0: return "DEL " + key();
    case 1: return "DEL " + key() + " " + key();
    case 2: return "RENAME " + key() + " " + key();
    case 3: return "HSET h" + key() + " f" + number() + " v";
    case 4: return "LPOP l" + key();
    case 5: return "ZADD z" + key() + " " + number() + " m" + number();
    case 6: return "SET " + key() + " text PXAT " + number();
    case 7: return "MSET " + key() + " a " + key() + " b " + key() + " c";
    case 8: return "MOVE " + key() + " 1";
    case 9: return "SELECT " + std::to_string(random.below(3));
    case 10: return "XADD x" + key() + " * field value";
    case 11: return "COPY " + key() + " " + key() + " DB 2 REPLACE";
    case 12: return "SUNIONSTORE s" + key() + " s" + key() + " s" + key();
    case 13: return random.below(100) == 0 ? "FLUSHDB" : "PERSIST " + key();
    case 14: return random.below(50) == 0 ? "SWAPDB 0 2" : "INCRBY " + key() + " 7";
    case 15: return "PEXPIREAT " + key() + " 9999999999999";
    case 16: return "SADD s" + key() + " " + number();
    case 17: return "RPUSH l" + key() + " a b";
    default: return "APPEND " + key() + " " + number();
  }
}

TEST(Replay, does_the_same_with_any_number_of_threads) {
  const auto replayed = [](size_t threads) {
    CommandTester run;
    Replay replay(run.executor, threads);
    Random random(1);
    for (int i = 0; i < 60'000; ++i) {
      const auto words = *split_quoted_words(random_command(random));
      const std::vector<std::string_view> views(words.begin(), words.end());
      EXPECT_EQ(replay.execute(views), std::nullopt);
      if (i % 20'000 == 0) replay.begin_file();
    }
    replay.finish();
    EXPECT_EQ(replay.commands(), 60'000u);
    return hex_of(digest_of_keyspace(run.executor.keyspace(), 0)) + ", " + std::to_string(replay.failures()) +
           " failures, first " + replay.first_failure();
  };
  const std::string alone = replayed(0);
  EXPECT_NE(alone.find("first 'RENAME': ERR no such key"), std::string::npos) << alone;
  EXPECT_EQ(replayed(1), alone);
  EXPECT_EQ(replayed(2), alone);
  EXPECT_EQ(replayed(5), alone);
}

TEST(Replay, leaves_the_statistics_of_commands_to_those_who_call_them) {
  CommandTester run;
  Replay replay(run.executor);
  const std::string_view words[] = {"SET", "key", "value"};
  EXPECT_EQ(replay.execute(words), std::nullopt);
  replay.finish();
  EXPECT_EQ(run("GET key"), "\"value\"");
  const std::string stats = run.reply("INFO commandstats").text();
  EXPECT_EQ(stats.find("cmdstat_set:"), std::string::npos) << stats;
  EXPECT_NE(stats.find("cmdstat_get:"), std::string::npos) << stats;
}

}  // namespace
}  // namespace redstart
