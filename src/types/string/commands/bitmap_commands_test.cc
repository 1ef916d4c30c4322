// The bitmap commands, with the replies of redis-server 7.0.15.
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
constexpr const char* kBadOffset = "(error) ERR bit offset is not an integer or out of range";
constexpr const char* kBadBit = "(error) ERR bit is not an integer or out of range";

TEST(Setbit, refuses_offsets_beyond_the_largest_string) {
  CommandTester run;
  expect_replies(run, {{"SETBIT k -1 1", kBadOffset},
                       {"SETBIT k 4294967296 1", kBadOffset},
                       {"SETBIT k x 1", kBadOffset},
                       {"SETBIT k #1 1", kBadOffset},
                       {"SETBIT k 0 2", kBadBit},
                       {"SETBIT k 0 x", kBadBit},
                       {"EXISTS k", "(integer) 0"},
                       {"CONFIG SET proto-max-bulk-len 1mb", "OK"},
                       {"SETBIT k 8388608 1", kBadOffset},
                       {"SETBIT k 8388607 1", "(integer) 0"},
                       {"STRLEN k", "(integer) 1048576"},
                       {"RPUSH l x", "(integer) 1"},
                       {"SETBIT l 0 1", kWrongType},
                       {"GETBIT l 0", kWrongType}});
}

TEST(Setbit, makes_the_string_longer_even_for_a_clear_bit) {
  CommandTester run;
  expect_replies(run, {{"SETBIT k 17 0", "(integer) 0"},
                       {"GET k", "\"\\x00\\x00\\x00\""},
                       {"SETBIT k 7 1", "(integer) 0"},
                       {"SETBIT k 7 1", "(integer) 1"},
                       {"GETBIT k 7", "(integer) 1"},
                       {"GETBIT k 4000000000", "(integer) 0"},
                       {"GET k", "\"\\x01\\x00\\x00\""},
                       {"SET n 12", "OK"},
                       {"SETBIT n 0 0", "(integer) 0"},
                       {"OBJECT ENCODING n", "\"raw\""},
                       {"GET n", "\"12\""}});
}

TEST(Setbit, leaves_a_watched_key_alone_that_it_does_not_change) {
  CommandTester run;
  run("SETBIT k 5 1");
  expect_replies(run, {{"WATCH k", "OK"},
                       {"SETBIT k 5 1", "(integer) 1"},
                       {"MULTI", "OK"},
                       {"PING", "QUEUED"},
                       {"EXEC", "1) PONG"},
                       {"WATCH k", "OK"},
                       {"SETBIT k 5 0", "(integer) 1"},
                       {"MULTI", "OK"},
                       {"EXEC", "(nil)"}});
}

TEST(Bitfield, that_overflows_leaves_a_watched_key_alone_even_if_it_makes_it) {
  CommandTester run;
  expect_replies(run, {{"WATCH k", "OK"},
                       {"BITFIELD k OVERFLOW FAIL SET u2 30 5", "1) (nil)"},
                       {"STRLEN k", "(integer) 4"},
                       {"MULTI", "OK"},
                       {"PING", "QUEUED"},
                       {"EXEC", "1) PONG"},
                       {"WATCH k", "OK"},
                       {"BITFIELD k OVERFLOW FAIL SET u2 30 5 SET u2 40 1", "1) (nil)\n2) (integer) 0"},
                       {"MULTI", "OK"},
                       {"EXEC", "(nil)"}});
}

TEST(Setbit, changes_a_copied_bitmap_without_the_other_noticing) {
  CommandTester run;
  expect_replies(run, {{"SETBIT k 80000 1", "(integer) 0"},
                       {"COPY k copy", "(integer) 1"},
                       {"SETBIT copy 80000 0", "(integer) 1"},
                       {"GETBIT k 80000", "(integer) 1"},
                       {"GETBIT copy 80000", "(integer) 0"}});
}

TEST(Bitcount, looks_at_the_range_only_when_there_is_a_string) {
  CommandTester run;
  expect_replies(run, {{"BITCOUNT none a b", "(integer) 0"},
                       {"SET k foobar", "OK"},
                       {"BITCOUNT k 0", kSyntax},
                       {"BITCOUNT k 0 a", kNoInteger},
                       {"BITCOUNT k 0 1 word", kSyntax},
                       {"BITCOUNT k -1 -2 word", "(integer) 0"},
                       {"BITCOUNT k 0 1 BIT more", kSyntax}});
}

TEST(Bitcount, counts_bytes_or_bits_from_either_end) {
  CommandTester run;
  expect_replies(run, {{"SET k foobar", "OK"},
                       {"BITCOUNT k", "(integer) 26"},
                       {"BITCOUNT k 0 0", "(integer) 4"},
                       {"BITCOUNT k 1 1 BYTE", "(integer) 6"},
                       {"BITCOUNT k 5 30 BIT", "(integer) 17"},
                       {"BITCOUNT k -6 -6", "(integer) 4"},
                       {"BITCOUNT k 100 200", "(integer) 0"},
                       {"SET n 7", "OK"},
                       {"BITCOUNT n", "(integer) 5"}});
}

TEST(Bitpos, finds_no_clear_bit_within_a_range_of_set_ones) {
  CommandTester run;
  expect_replies(run, {{"BITPOS none 2", "(error) ERR The bit argument must be 1 or 0."},
                       {"BITPOS none 0", "(integer) 0"},
                       {"BITPOS none 1", "(integer) -1"},
                       {"SET k \"\\xff\\xff\\xff\"", "OK"},
                       {"BITPOS k 0", "(integer) 24"},
                       {"BITPOS k 0 1", "(integer) 24"},
                       {"BITPOS k 0 0 -1", "(integer) -1"},
                       {"BITPOS k 0 5", "(integer) -1"},
                       {"SET e \"\"", "OK"},
                       {"BITPOS e 0", "(integer) -1"},
                       {"BITPOS k 1 0 a word", kSyntax}});
}

TEST(Bitpos, counts_from_the_start_of_the_string) {
  CommandTester run;
  expect_replies(run, {{"SET k \"\\x00\\xff\\xf0\"", "OK"},
                       {"BITPOS k 1", "(integer) 8"},
                       {"BITPOS k 1 2", "(integer) 16"},
                       {"BITPOS k 1 2 -1 BYTE", "(integer) 16"},
                       {"BITPOS k 1 7 15 BIT", "(integer) 8"},
                       {"BITPOS k 0 9 20 BIT", "(integer) 20"},
                       {"BITPOS k 1 -3 -1 BIT", "(integer) -1"}});
}

TEST(Bitop, refuses_what_makes_no_sense_for_the_operation) {
  CommandTester run;
  expect_replies(
      run,
      {{"BITOP NAND d a", kSyntax},
       {"BITOP NOT d a b", "(error) ERR BITOP NOT must be called with a single source key."},
       {"BITOP diff d a", "(error) ERR BITOP DIFF must be called with at least two source keys."},
       {"RPUSH l x", "(integer) 1"},
       {"BITOP AND d l", kWrongType}});
}

TEST(Bitop, continues_a_shorter_source_with_zeros) {
  CommandTester run;
  expect_replies(run, {{"MSET a \"\\xff\\x0f\" b \"\\xf0\"", "OK"},
                       {"BITOP AND d a b", "(integer) 2"},
                       {"GET d", "\"\\xf0\\x00\""},
                       {"BITOP OR d a b none", "(integer) 2"},
                       {"GET d", "\"\\xff\\x0f\""},
                       {"BITOP XOR d a b", "(integer) 2"},
                       {"GET d", "\"\\x0f\\x0f\""},
                       {"BITOP NOT d b", "(integer) 1"},
                       {"GET d", "\"\\x0f\""},
                       {"OBJECT ENCODING d", "\"raw\""}});
}

TEST(Bitop, knows_the_operations_of_one_source_against_the_others) {
  CommandTester run;
  expect_replies(run, {{"MSET x \"\\xf0\" y \"\\xcc\" z \"\\xaa\"", "OK"},
                       {"BITOP DIFF d x y z", "(integer) 1"},
                       {"GET d", "\"\\x10\""},
                       {"BITOP DIFF1 d x y z", "(integer) 1"},
                       {"GET d", "\"\\x0e\""},
                       {"BITOP ANDOR d x y z", "(integer) 1"},
                       {"GET d", "\"\\xe0\""},
                       {"BITOP ONE d x y z", "(integer) 1"},
                       {"GET d", "\"\\x16\""}});
}

TEST(Bitop, replaces_or_removes_whatever_the_destination_held) {
  CommandTester run;
  expect_replies(run, {{"SET a x EX 100", "OK"},
                       {"RPUSH d x", "(integer) 1"},
                       {"BITOP OR d none", "(integer) 0"},
                       {"EXISTS d", "(integer) 0"},
                       {"BITOP OR a a", "(integer) 1"},
                       {"TTL a", "(integer) -1"},
                       {"RPUSH d x", "(integer) 1"},
                       {"BITOP OR d a", "(integer) 1"},
                       {"TYPE d", "string"}});
}

TEST(Bitop, works_on_large_destinations_that_are_sources_too) {
  CommandTester run;
  expect_replies(run, {{"SETBIT a 40000 1", "(integer) 0"},
                       {"SETBIT b 30000 1", "(integer) 0"},
                       {"EXPIRE b 100", "(integer) 1"},
                       {"BITOP OR b b a", "(integer) 5001"},
                       {"TTL b", "(integer) -1"},
                       {"BITCOUNT b", "(integer) 2"},
                       {"COPY b c", "(integer) 1"},
                       {"BITOP XOR b b a", "(integer) 5001"},
                       {"BITPOS b 1", "(integer) 30000"},
                       {"BITCOUNT c", "(integer) 2"},
                       {"EXPIRE c 100", "(integer) 1"},
                       {"BITOP ANDOR c c a b", "(integer) 5001"},
                       {"BITCOUNT c", "(integer) 2"},
                       {"SET s x EX 100", "OK"},
                       {"BITOP OR s s a", "(integer) 5001"},
                       {"BITCOUNT s", "(integer) 5"}});
}

TEST(Bitfield, checks_all_words_before_it_writes) {
  CommandTester run;
  const char* const kBadType =
      "(error) ERR Invalid bitfield type. Use something like i16 u8. Note that u64 is not "
      "supported but i64 is.";
  expect_replies(run, {{"BITFIELD k SET u8 0 1 GET u64 0", kBadType},
                       {"BITFIELD k SET u8 0 1 GET i8 -1", kBadOffset},
                       {"BITFIELD k SET u8 #9223372036854775807 1", kBadOffset},
                       {"BITFIELD k SET u8 0", kSyntax},
                       {"BITFIELD k SET u8 0 x", kNoInteger},
                       {"BITFIELD k OVERFLOW never", "(error) ERR Invalid OVERFLOW type specified"},
                       {"BITFIELD_RO k SET u8 0 1",
                        "(error) ERR BITFIELD_RO only supports the GET subcommand"},
                       {"EXISTS k", "(integer) 0"},
                       {"BITFIELD k", "(empty array)"},
                       {"RPUSH l x", "(integer) 1"},
                       {"BITFIELD l GET u8 0", kWrongType}});
}

TEST(Bitfield, reads_and_writes_in_the_order_of_the_words) {
  CommandTester run;
  expect_replies(run, {{"BITFIELD k INCRBY i5 100 1 GET u4 0", "1) (integer) 1\n2) (integer) 0"},
                       {"STRLEN k", "(integer) 14"},
                       {"BITFIELD k SET u8 #1 255 GET u8 8 GET i8 #1 SET u8 8 1",
                        "1) (integer) 0\n2) (integer) 255\n3) (integer) -1\n4) (integer) 255"},
                       {"BITFIELD_RO k GET u8 8", "1) (integer) 1"}});
}

TEST(Bitfield, heeds_the_overflow_named_last) {
  CommandTester run;
  expect_replies(run, {{"BITFIELD k INCRBY u2 0 3 OVERFLOW SAT INCRBY u2 0 1 OVERFLOW FAIL "
                        "INCRBY u2 0 1 OVERFLOW WRAP INCRBY u2 0 1",
                        "1) (integer) 3\n2) (integer) 3\n3) (nil)\n4) (integer) 0"},
                       {"BITFIELD k OVERFLOW FAIL SET i8 80 128", "1) (nil)"},
                       {"STRLEN k", "(integer) 11"}});
}

}  // namespace
}  // namespace redstart
