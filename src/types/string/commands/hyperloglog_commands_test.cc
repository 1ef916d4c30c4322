// The HyperLogLog commands, with the replies of redis-server 7.0.15.
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

constexpr const char* kWrongType =
    "(error) WRONGTYPE Operation against a key holding the wrong kind of value";
constexpr const char* kNoSketch = "(error) WRONGTYPE Key is not a valid HyperLogLog string value.";
constexpr const char* kCorrupt = "(error) INVALIDOBJ Corrupted HLL object detected";

TEST(Pfadd, refuses_strings_that_are_no_hyperloglog) {
  CommandTester run;
  expect_replies(run, {{"SET text abc", "OK"},
                       {"SET number 12", "OK"},
                       {"RPUSH l x", "(integer) 1"},
                       {"PFADD text a", kNoSketch},
                       {"PFADD number a", kNoSketch},
                       {"PFADD l a", kWrongType},
                       {"PFCOUNT number", kNoSketch},
                       {"PFCOUNT none l", kWrongType},
                       {"PFMERGE none text", kNoSketch},
                       {"PFDEBUG ENCODING text", kNoSketch},
                       {"PFDEBUG ENCODING none", "(error) ERR The specified key does not exist"},
                       {"EXISTS none", "(integer) 0"}});
}

TEST(Pfadd, tells_a_corrupt_value) {
  CommandTester run;
  expect_replies(run, {{"PFADD h a b c", "(integer) 1"},
                       {"SETRANGE h 16 \"\\x00\\x00\\x00\\x00\\x00\\x00\"", "(integer) 27"},
                       {"PFCOUNT h", kCorrupt},
                       {"PFCOUNT h none", kCorrupt},
                       {"PFMERGE other h", kCorrupt},
                       {"PFDEBUG TODENSE h", kCorrupt},
                       {"PFDEBUG GETREG h", kCorrupt},
                       {"PFADD h x", kCorrupt},
                       {"EXISTS other", "(integer) 0"}});
}

TEST(Pfadd, tells_whether_the_estimate_may_have_changed) {
  CommandTester run;
  expect_replies(run, {{"PFADD h", "(integer) 1"},
                       {"PFADD h", "(integer) 0"},
                       {"PFCOUNT h", "(integer) 0"},
                       {"PFADD h a b c", "(integer) 1"},
                       {"PFADD h c a", "(integer) 0"},
                       {"PFCOUNT h", "(integer) 3"},
                       {"OBJECT ENCODING h", "\"raw\""},
                       {"GET h",
                        "\"HYLL\\x01\\x00\\x00\\x00\\x03\\x00\\x00\\x00\\x00\\x00\\x00\\x00`"
                        "\\xf3\\x80P\\xb1\\x84K\\xfb\\x80BZ\""},
                       {"PFDEBUG DECODE h", "\"Z:8436 v:1,1 Z:4274 v:2,1 Z:3068 v:1,1 Z:603\""}});
}

TEST(Pfadd, heeds_the_limit_of_sparse_values) {
  CommandTester run;
  expect_replies(run, {{"CONFIG SET hll-sparse-max-bytes 25", "OK"},
                       {"PFADD h a b", "(integer) 1"},
                       {"PFDEBUG ENCODING h", "sparse"},
                       {"PFADD h c", "(integer) 1"},
                       {"PFDEBUG ENCODING h", "dense"},
                       {"PFDEBUG DECODE h", "(error) ERR HLL encoding is not sparse"},
                       {"STRLEN h", "(integer) 12304"},
                       {"PFADD h c", "(integer) 0"},
                       {"PFADD h d", "(integer) 1"},
                       {"PFCOUNT h", "(integer) 4"}});
}

TEST(Pfcount, counts_the_union_of_keys) {
  CommandTester run;
  expect_replies(run, {{"PFADD a 1 2 3", "(integer) 1"},
                       {"PFADD b 3 4", "(integer) 1"},
                       {"PFDEBUG TODENSE b", "(integer) 1"},
                       {"PFDEBUG TODENSE b", "(integer) 0"},
                       {"PFCOUNT a b none", "(integer) 4"},
                       {"PFCOUNT none", "(integer) 0"}});
}

TEST(Pfcount, changes_the_value_only_to_keep_its_estimate) {
  CommandTester run;
  expect_replies(run, {{"PFADD h a", "(integer) 1"},
                       {"COPY h copy", "(integer) 1"},
                       {"WATCH h", "OK"},
                       {"PFCOUNT h", "(integer) 1"},
                       {"MULTI", "OK"},
                       {"EXEC", "(nil)"},
                       {"WATCH h", "OK"},
                       {"PFCOUNT h", "(integer) 1"},
                       {"MULTI", "OK"},
                       {"EXEC", "(empty array)"},
                       {"PFCOUNT copy", "(integer) 1"}});
}

TEST(Pfmerge, makes_a_key_of_nothing_and_a_dense_one_of_a_dense_one) {
  CommandTester run;
  expect_replies(run, {{"PFMERGE d none", "OK"},
                       {"PFCOUNT d", "(integer) 0"},
                       {"PFADD a 1 2", "(integer) 1"},
                       {"PFMERGE d a", "OK"},
                       {"PFDEBUG ENCODING d", "sparse"},
                       {"PFADD b 2 3", "(integer) 1"},
                       {"PFDEBUG TODENSE b", "(integer) 1"},
                       {"EXPIRE d 100", "(integer) 1"},
                       {"PFMERGE d b", "OK"},
                       {"PFDEBUG ENCODING d", "dense"},
                       {"PFCOUNT d", "(integer) 3"},
                       {"TTL d", "(integer) 100"}});
}

TEST(Pfdebug, shows_all_registers_of_a_value_that_it_makes_dense) {
  CommandTester run;
  run("PFADD h a b c");
  const Reply registers = run.reply("PFDEBUG GETREG h");
  ASSERT_EQ(registers.size(), 16384u);
  EXPECT_EQ(registers.elements()[8436], Reply::integer(1));
  EXPECT_EQ(registers.elements()[8436 + 1 + 4274], Reply::integer(2));
  expect_replies(run, {{"PFDEBUG ENCODING h", "dense"},
                       {"PFCOUNT h", "(integer) 3"},
                       {"PFDEBUG NOSUCH h", "(error) ERR Unknown PFDEBUG subcommand 'NOSUCH'"}});
}

TEST(Pfselftest, finds_nothing_wrong) {
  CommandTester run;
  EXPECT_EQ(run("PFSELFTEST"), "OK");
}

}  // namespace
}  // namespace redstart
