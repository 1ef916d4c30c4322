// The sorted set commands, with the replies of redis-server 7.0.15.
#include <gtest/gtest.h>

#include "execution/command_tester.h"

namespace redstart {
namespace {

struct Step {
  const char* command;
  const char* reply;
};

void expect_replies(CommandTester& run, std::initializer_list<Step> steps) {
  for (const Step& step : steps) EXPECT_EQ(run(step.command), step.reply) << step.command;
}

constexpr const char* kLimitNeedsValues =
    "(error) ERR syntax error, LIMIT is only supported in combination with either BYSCORE or BYLEX";

// The offset of such a LIMIT was once applied, so that the range came back empty.
TEST(Zrange, of_ranks_ignores_a_limit_whose_count_is_minus_one) {
  CommandTester run;
  expect_replies(run, {{"ZADD z 1 a 2 b 3 c", "(integer) 3"},
                       {"ZRANGE z 0 1 LIMIT 0 1", kLimitNeedsValues},
                       {"ZRANGESTORE to z 0 -1 LIMIT 1 -2", kLimitNeedsValues},
                       {"ZRANGE z 0 1 BYSCORE LIMIT -1 -1", "(empty array)"},
                       {"ZRANGESTORE to z 0 1 LIMIT -1 -1", "(integer) 2"},
                       {"ZRANGESTORE to z 0 -1 REV LIMIT 7 -1", "(integer) 3"}});
}

// The members were once put into a listpack first, which has no negative zero.
TEST(Zrangestore, keeps_a_negative_zero_when_the_range_is_too_long_for_a_listpack) {
  CommandTester run(3);
  run("CONFIG SET zset-max-listpack-entries 2");
  expect_replies(run, {{"ZADD z 1 b 2 c 3 d", "(integer) 3"},
                       {"ZADD z -0 a", "(integer) 1"},
                       {"ZRANGESTORE short z 0 1", "(integer) 2"},
                       {"ZSCORE short a", "(double) 0"},
                       {"ZRANGESTORE long z 0 2", "(integer) 3"},
                       {"ZSCORE long a", "(double) -0"}});
}

// The members were once stored from the lowest on.
TEST(Zrangestore, meets_the_members_in_the_order_of_the_range) {
  CommandTester run(3);
  run("CONFIG SET zset-max-listpack-value 4");
  expect_replies(run, {{"ZADD z 1 quitelong", "(integer) 1"},
                       {"ZADD z -0 a", "(integer) 1"},
                       {"ZRANGESTORE up z -inf inf BYSCORE", "(integer) 2"},
                       {"ZSCORE up a", "(double) 0"},
                       {"ZRANGESTORE down z inf -inf BYSCORE REV", "(integer) 2"},
                       {"ZSCORE down a", "(double) -0"}});
}

// A score was once shown as "1e+17" in every encoding.
TEST(Zscan, shows_whole_scores_of_a_small_set_to_their_last_digit) {
  CommandTester run;
  run("ZADD z 1e17 m");
  const Reply small = run.reply("ZSCAN z 0");
  EXPECT_EQ(small[1][1].text(), "100000000000000000");
  run("ZADD z 1e19 m");
  EXPECT_EQ(run.reply("ZSCAN z 0")[1][1].text(), "1e+19");
  run("ZADD z 1.5 m");
  EXPECT_EQ(run.reply("ZSCAN z 0")[1][1].text(), "1.5");
  run("ZADD z 1e17 m 1 " + std::string(65, 'x'));
  run("ZREM z " + std::string(65, 'x'));
  EXPECT_EQ(run("OBJECT ENCODING z"), "\"skiplist\"");
  EXPECT_EQ(run.reply("ZSCAN z 0")[1][1].text(), "1e+17");
}

}  // namespace
}  // namespace redstart
