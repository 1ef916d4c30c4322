// The string commands, with the replies of redis-server 7.0.15.
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
constexpr const char* kSyntax = "(error) ERR syntax error";
constexpr const char* kNoInteger = "(error) ERR value is not an integer or out of range";

TEST(Set, refuses_contradictory_and_incomplete_options) {
  CommandTester run;
  expect_replies(
      run, {{"SET k v NX XX", kSyntax},
            {"SET k v EX", kSyntax},
            {"SET k v EX 1 PX 1", kSyntax},
            {"SET k v EX 1 KEEPTTL", kSyntax},
            {"SET k v PERSIST", kSyntax},
            {"SET k v EX one", kNoInteger},
            {"SET k v EX 0", "(error) ERR invalid expire time in 'set' command"},
            {"SET k v EX 9223372036854775807", "(error) ERR invalid expire time in 'set' command"},
            {"EXISTS k", "(integer) 0"}});
}

TEST(Set, keeps_the_value_when_its_condition_does_not_hold) {
  CommandTester run;
  expect_replies(run, {{"SET k 1 XX", "(nil)"},
                       {"SET k 1 NX", "OK"},
                       {"SET k 2 NX", "(nil)"},
                       {"SET k 3 NX GET", "\"1\""},
                       {"GET k", "\"1\""}});
}

TEST(Set, with_get_refuses_another_type_and_leaves_it) {
  CommandTester run;
  expect_replies(run, {{"RPUSH l a", "(integer) 1"},
                       {"SET l v GET", kWrongType},
                       {"TYPE l", "list"},
                       {"SET l v", "OK"},
                       {"TYPE l", "string"}});
}

TEST(Set, takes_the_deadline_away_unless_told_to_keep_it) {
  CommandTester run;
  expect_replies(run, {{"SET k v EX 100", "OK"},
                       {"SET k w KEEPTTL", "OK"},
                       {"TTL k", "(integer) 100"},
                       {"SET k x PX 2500", "OK"},
                       {"PTTL k", "(integer) 2500"},
                       {"SET k x", "OK"},
                       {"TTL k", "(integer) -1"}});
}

TEST(Set, holds_deadlines_far_beyond_a_clock) {
  CommandTester run;
  expect_replies(run, {{"SET k v PXAT 281474976710656", "OK"},
                       {"PEXPIRETIME k", "(integer) 281474976710656"},
                       {"SET k w PXAT 9223372036854775807", "OK"},
                       {"PEXPIRETIME k", "(integer) 9223372036854775807"},
                       {"GET k", "\"w\""},
                       {"SET k w EX 10", "OK"},
                       {"TTL k", "(integer) 10"}});
}

TEST(Set, lets_a_key_expire_after_its_deadline_and_no_sooner) {
  CommandTester run;
  run("PSETEX k 1000 v");
  run.clock.advance_ms(1000);
  EXPECT_EQ(run("GET k"), "\"v\"");
  run.clock.advance_ms(1);
  EXPECT_EQ(run("GET k"), "(nil)");
}

TEST(Getex, tells_an_invalid_time_only_when_the_key_exists) {
  CommandTester run;
  expect_replies(run, {{"GETEX k EX 0", "(nil)"},
                       {"SET k v", "OK"},
                       {"GETEX k EX 0", "(error) ERR invalid expire time in 'getex' command"},
                       {"GETEX k NX", kSyntax},
                       {"GETEX k EX 10", "\"v\""},
                       {"TTL k", "(integer) 10"},
                       {"GETEX k PERSIST", "\"v\""},
                       {"TTL k", "(integer) -1"},
                       {"GETEX k PXAT 1", "\"v\""},
                       {"EXISTS k", "(integer) 0"}});
}

TEST(Incr, refuses_what_is_no_integer_and_what_overflows) {
  CommandTester run;
  expect_replies(run, {{"SET k 9223372036854775807", "OK"},
                       {"INCR k", "(error) ERR increment or decrement would overflow"},
                       {"DECRBY k -9223372036854775808", "(error) ERR decrement would overflow"},
                       {"INCRBY k 1.5", kNoInteger},
                       {"SET k \" 1\"", "OK"},
                       {"INCR k", kNoInteger},
                       {"DECR fresh", "(integer) -1"},
                       {"INCRBY fresh 42", "(integer) 41"}});
}

TEST(Incrbyfloat, writes_as_few_decimals_as_needed) {
  CommandTester run;
  expect_replies(run, {{"SET k 10.50", "OK"},
                       {"INCRBYFLOAT k 0.1", "\"10.6\""},
                       {"INCRBYFLOAT k -5.6", "\"5\""},
                       {"OBJECT ENCODING k", "\"embstr\""},
                       {"INCRBYFLOAT k nan", "(error) ERR value is not a valid float"},
                       {"INCRBYFLOAT k inf", "(error) ERR increment would produce NaN or Infinity"},
                       {"GET k", "\"5\""}});
}

TEST(Append, makes_a_raw_string_of_whatever_was_there) {
  CommandTester run;
  expect_replies(run, {{"APPEND k 12", "(integer) 2"},
                       {"OBJECT ENCODING k", "\"int\""},
                       {"APPEND k 3", "(integer) 3"},
                       {"OBJECT ENCODING k", "\"raw\""},
                       {"GET k", "\"123\""},
                       {"INCR k", "(integer) 124"}});
}

TEST(Append, grows_a_string_past_the_size_kept_within_the_key) {
  CommandTester run;
  const std::string part(700, 'x');
  for (int i = 1; i <= 5; ++i) {
    EXPECT_EQ(run("APPEND k " + part), "(integer) " + std::to_string(700 * i));
  }
  EXPECT_EQ(run("STRLEN k"), "(integer) 3500");
  EXPECT_EQ(run("GETRANGE k 3498 -1"), "\"xx\"");
  EXPECT_EQ(run("SET k short"), "OK");
  EXPECT_EQ(run("GET k"), "\"short\"");
}

TEST(Setrange, pads_with_zero_bytes_and_creates_nothing_from_nothing) {
  CommandTester run;
  expect_replies(run, {{"SETRANGE k -1 a", "(error) ERR offset is out of range"},
                       {"SETRANGE k 5 \"\"", "(integer) 0"},
                       {"EXISTS k", "(integer) 0"},
                       {"SETRANGE k 536870912 a",
                        "(error) ERR string exceeds maximum allowed size (proto-max-bulk-len)"},
                       {"SETRANGE k 2 ab", "(integer) 4"},
                       {"GET k", "\"\\x00\\x00ab\""},
                       {"SETRANGE k 0 xyz", "(integer) 4"},
                       {"GET k", "\"xyzb\""}});
}

TEST(Getrange, counts_negative_places_from_the_end) {
  CommandTester run;
  expect_replies(run, {{"SET k \"Hello World\"", "OK"},
                       {"GETRANGE k 0 4", "\"Hello\""},
                       {"GETRANGE k -5 -1", "\"World\""},
                       {"GETRANGE k -1 -5", "\"\""},
                       {"GETRANGE k 5 2", "\"\""},
                       {"GETRANGE k -100 2", "\"Hel\""},
                       {"SUBSTR k 6 100", "\"World\""},
                       {"GETRANGE none 0 -1", "\"\""}});
}

TEST(Mset, sets_all_or_nothing) {
  CommandTester run;
  expect_replies(run, {{"MSET a 1 b", "(error) ERR wrong number of arguments for 'mset' command"},
                       {"MSET a 1 b 2 a 3", "OK"},
                       {"MGET a b c", "1) \"3\"\n2) \"2\"\n3) (nil)"},
                       {"MSETNX c 1 a 2", "(integer) 0"},
                       {"EXISTS c", "(integer) 0"},
                       {"MSETNX c 1 d 2", "(integer) 1"},
                       {"RPUSH l x", "(integer) 1"},
                       {"MGET l d", "1) (nil)\n2) \"2\""}});
}

TEST(Getdel, removes_a_string_and_nothing_else) {
  CommandTester run;
  expect_replies(run, {{"RPUSH l x", "(integer) 1"},
                       {"GETDEL l", kWrongType},
                       {"EXISTS l", "(integer) 1"},
                       {"SET k v", "OK"},
                       {"GETDEL k", "\"v\""},
                       {"GETDEL k", "(nil)"}});
}

TEST(Lcs, finds_text_size_and_ranges) {
  CommandTester run;
  expect_replies(run,
                 {{"MSET a ohmytext b mynewtext", "OK"},
                  {"LCS a b", "\"mytext\""},
                  {"LCS a b LEN", "(integer) 6"},
                  {"LCS a b LEN IDX",
                   "(error) ERR If you want both the length and indexes, please just use IDX."},
                  {"LCS a b IDX MINMATCHLEN 4 WITHMATCHLEN",
                   "1# \"matches\" => 1) 1) 1) (integer) 4\n             2) (integer) 7\n"
                   "          2) 1) (integer) 5\n             2) (integer) 8\n"
                   "          3) (integer) 4\n2# \"len\" => (integer) 6"},
                  {"LCS a none", "\"\""},
                  {"RPUSH l x", "(integer) 1"},
                  {"LCS a l", "(error) ERR The specified keys must contain string values"}});
}

}  // namespace
}  // namespace redstart
