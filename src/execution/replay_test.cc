#include "execution/replay.h"

#include <gtest/gtest.h>

#include "execution/command_tester.h"

namespace redstart {
namespace {

class Replays : public testing::Test {
 protected:
  // Returns why it cannot be one of a log.
  std::string replay(std::string_view line) {
    const auto words = *split_quoted_words(line);
    const std::vector<std::string_view> views(words.begin(), words.end());
    return replay_.execute(views).value_or("");
  }

  CommandTester run;
  Replay replay_{run.executor};
};

TEST_F(Replays, refuse_what_is_no_command) {
  EXPECT_EQ(replay("NOPE a"), "there is no command 'NOPE'");
  EXPECT_EQ(replay("XGROUP NOPE a"), "there is no command 'XGROUP'");
  EXPECT_EQ(replay("GET a b"), "the command 'GET' cannot have 2 arguments");
  EXPECT_EQ(replay_.commands(), 0u);
}

TEST_F(Replays, go_on_behind_a_command_that_failed) {
  EXPECT_EQ(replay("SET key text"), "");
  EXPECT_EQ(replay("INCR key"), "");
  EXPECT_EQ(replay("SET key 1"), "");
  EXPECT_EQ(replay_.failures(), 1u);
  EXPECT_EQ(replay_.first_failure(), "'INCR': ERR value is not an integer or out of range");
  EXPECT_EQ(run("GET key"), "\"1\"");
}

TEST_F(Replays, take_nothing_for_due) {
  replay("SET key value PXAT 1000");
  replay("PERSIST key");
  replay("HSET hash field value");
  replay("HPEXPIREAT hash 1000 FIELDS 1 field");
  replay("HPERSIST hash FIELDS 1 field");
  EXPECT_EQ(run("GET key"), "\"value\"");
  EXPECT_EQ(run("HGET hash field"), "\"value\"");
}

// Delivery times of pending entries were lost, and XAUTOCLAIM took them from consumers that were at work.
TEST_F(Replays, know_what_time_it_is) {
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

TEST_F(Replays, take_a_limit_that_redis_leaves_behind_an_exact_trim_for_void) {
  for (int i = 1; i <= 3; ++i) replay("XADD stream " + std::to_string(i) + "-1 LIMIT =");
  replay("XADD stream NOMKSTREAM maxlen = 2 limit 1 4-1 field value");
  EXPECT_EQ(run("XLEN stream"), "(integer) 2");
  replay("XTRIM stream MINID = 4 LIMIT 100");
  EXPECT_EQ(run("XLEN stream"), "(integer) 1");
  EXPECT_EQ(replay_.failures(), 0u);
}

}  // namespace
}  // namespace redstart
