// The set commands, with the replies of redis-server 7.0.15.
#include <gtest/gtest.h>

#include "execution/command_tester.h"

namespace redstart {
namespace {

// Such a set once kept its hash table.
TEST(Spop, makes_a_new_set_of_the_few_members_that_it_leaves) {
  int intsets = 0;
  CommandTester run;
  for (int i = 0; i < 60; ++i) {
    run("DEL s");
    run("SADD s 1 2 3 4 5 text");
    ASSERT_EQ(run.reply("SPOP s 5").size(), 5u);
    const Reply left = run.reply("SMEMBERS s");
    ASSERT_EQ(left.size(), 1u);
    const bool is_intset = run("OBJECT ENCODING s") == "\"intset\"";
    EXPECT_EQ(is_intset, left[0].text() != "text");
    EXPECT_EQ(run("SISMEMBER s " + left[0].text()), "(integer) 1");
    intsets += is_intset;
  }
  EXPECT_GT(intsets, 0);
}

TEST(Spop, leaves_a_hash_table_as_it_is_when_more_members_stay) {
  CommandTester run;
  run("SADD s 1 2 3 4 5 text");
  run("SREM s text");
  ASSERT_EQ(run.reply("SPOP s 4").size(), 4u);
  EXPECT_EQ(run("OBJECT ENCODING s"), "\"hashtable\"");
}

}  // namespace
}  // namespace redstart
