// SET ... IFEQ and its like, DELEX, DELIFEQ, DIGEST, MSETEX, INCREX.
#include <gtest/gtest.h>

#include <string>

#include "execution/command_tester.h"

namespace redstart {
namespace {

constexpr const char* kSyntax = "(error) ERR syntax error";
constexpr const char* kWrongType =
    "(error) WRONGTYPE Operation against a key holding the wrong kind of value";
constexpr const char* kBadDigest = "(error) ERR digest must be exactly 16 hexadecimal characters";

TEST(Digest, is_xxh3_in_sixteen_digits) {
  CommandTester run;
  EXPECT_EQ(run("DIGEST missing"), "(nil)");
  run("LPUSH list x");
  EXPECT_EQ(run("DIGEST list"), kWrongType);
  run("SET text \"Hello world\"");
  EXPECT_EQ(run("DIGEST text"), "\"b6acb9d84a38ff74\"");
  run("SET number 12");
  run("SET text 1");
  run("APPEND text 2");
  EXPECT_EQ(run("DIGEST number"), run("DIGEST text"));  // however the value is stored
}

TEST(CompareAndSet, refuses_two_conditions_and_malformed_digests) {
  CommandTester run;
  EXPECT_EQ(run("SET k v IFEQ"), kSyntax);
  EXPECT_EQ(run("SET k v NX IFEQ a"), kSyntax);
  EXPECT_EQ(run("SET k v IFEQ a XX"), kSyntax);
  EXPECT_EQ(run("SET k v IFEQ a IFNE b"), kSyntax);
  EXPECT_EQ(run("SET k v IFDEQ 12"), kBadDigest);
  EXPECT_EQ(run("SET k v IFDNE zzzzzzzzzzzzzzzz"), kBadDigest);
  run("LPUSH list x");
  EXPECT_EQ(run("SET list v IFNE a"), kWrongType);
  EXPECT_EQ(run("EXISTS k"), "(integer) 0");
}

TEST(CompareAndSet, sets_only_what_compares) {
  CommandTester run;
  EXPECT_EQ(run("SET k v IFEQ a"), "(nil)");
  EXPECT_EQ(run("SET k v IFDEQ b6acb9d84a38ff74"), "(nil)");
  EXPECT_EQ(run("EXISTS k"), "(integer) 0");  // a missing key equals nothing
  EXPECT_EQ(run("SET k 1 IFNE a"), "OK");
  EXPECT_EQ(run("SET k 2 IFEQ 2"), "(nil)");
  EXPECT_EQ(run("SET k 2 IFEQ 1 EX 10"), "OK");
  EXPECT_EQ(run("TTL k"), "(integer) 10");
  EXPECT_EQ(run("SET k 3 IFNE 2 GET"), "\"2\"");  // not set, and what is there
  EXPECT_EQ(run("SET k \"Hello world\" IFEQ 2 GET"), "\"2\"");
  EXPECT_EQ(run("SET k x IFDNE B6ACB9D84A38FF74"), "(nil)");
  EXPECT_EQ(run("SET k x IFDEQ B6ACB9D84A38FF74"), "OK");
  EXPECT_EQ(run("GET k"), "\"x\"");
  EXPECT_EQ(run("SET other 1 IFDNE b6acb9d84a38ff74"), "OK");
}

TEST(CompareAndDelete, deletes_only_what_compares) {
  CommandTester run;
  EXPECT_EQ(run("DELEX k IFEQ"), kSyntax);
  EXPECT_EQ(run("DELEX k FOO a"), kSyntax);
  EXPECT_EQ(run("DELEX k IFDEQ 1"), kBadDigest);
  EXPECT_EQ(run("DELEX k IFNE a"), "(integer) 0");  // nothing to delete
  run("LPUSH list x");
  EXPECT_EQ(run("DELEX list IFEQ x"), kWrongType);
  EXPECT_EQ(run("DELIFEQ list x"), kWrongType);
  EXPECT_EQ(run("DELEX list"), "(integer) 1");
  run("MSET a 1 b 2 c 3 d 4");
  EXPECT_EQ(run("DELEX a IFEQ 2"), "(integer) 0");
  EXPECT_EQ(run("DELEX a IFEQ 1"), "(integer) 1");
  EXPECT_EQ(run("DELEX b IFNE 2"), "(integer) 0");
  EXPECT_EQ(run("DELEX b IFNE 1"), "(integer) 1");
  const std::string digest = run("DIGEST c");
  EXPECT_EQ(run("DELEX c IFDNE " + digest), "(integer) 0");
  EXPECT_EQ(run("DELEX c IFDEQ " + digest), "(integer) 1");
  EXPECT_EQ(run("DELIFEQ d 5"), "(integer) 0");
  EXPECT_EQ(run("DELIFEQ d 4"), "(integer) 1");
  EXPECT_EQ(run("DELIFEQ d 4"), "(integer) 0");
  EXPECT_EQ(run("DBSIZE"), "(integer) 0");
}

TEST(Msetex, refuses_bad_counts_and_options) {
  CommandTester run;
  EXPECT_EQ(run("MSETEX 0 a 1"), "(error) ERR invalid numkeys value");
  EXPECT_EQ(run("MSETEX x a 1"), "(error) ERR invalid numkeys value");
  EXPECT_EQ(run("MSETEX 2 a 1 b"), "(error) ERR wrong number of key-value pairs");
  EXPECT_EQ(run("MSETEX 1 a 1 GET"), kSyntax);
  EXPECT_EQ(run("MSETEX 1 a 1 IFEQ 1"), kSyntax);
  EXPECT_EQ(run("MSETEX 1 a 1 NX XX"), kSyntax);
  EXPECT_EQ(run("MSETEX 1 a 1 EX 5 KEEPTTL"), kSyntax);
  EXPECT_EQ(run("MSETEX 1 a 1 EX 0"), "(error) ERR invalid expire time in 'msetex' command");
  EXPECT_EQ(run("DBSIZE"), "(integer) 0");
}

TEST(Msetex, sets_all_or_none_with_one_deadline) {
  CommandTester run;
  EXPECT_EQ(run("COMMAND GETKEYS MSETEX 2 a 1 b 2 EX 5"), "1) \"a\"\n2) \"b\"");
  EXPECT_EQ(run("MSETEX 2 a 1 b 2 XX"), "(integer) 0");
  EXPECT_EQ(run("MSETEX 2 a 1 b 2 NX EX 10"), "(integer) 1");
  EXPECT_EQ(run("TTL b"), "(integer) 10");
  EXPECT_EQ(run("MSETEX 2 b 9 c 9 NX"), "(integer) 0");
  EXPECT_EQ(run("MGET a b c"), "1) \"1\"\n2) \"2\"\n3) (nil)");
  EXPECT_EQ(run("MSETEX 2 a 3 b 4 KEEPTTL"), "(integer) 1");
  EXPECT_EQ(run("TTL a"), "(integer) 10");
  EXPECT_EQ(run("MSETEX 1 a 5"), "(integer) 1");
  EXPECT_EQ(run("TTL a"), "(integer) -1");
}

TEST(Increx, refuses_bad_options_and_values) {
  CommandTester run;
  EXPECT_EQ(run("INCREX k BYINT x"), "(error) ERR value is not an integer or out of range");
  EXPECT_EQ(run("INCREX k BYFLOAT x"), "(error) ERR value is not a valid float");
  EXPECT_EQ(run("INCREX k BYFLOAT inf"), "(error) ERR value is not a valid float");
  EXPECT_EQ(run("INCREX k BYINT 1 BYFLOAT 1"), kSyntax);
  EXPECT_EQ(run("INCREX k BYINT"), kSyntax);
  EXPECT_EQ(run("INCREX k ENX"), kSyntax);
  EXPECT_EQ(run("INCREX k PERSIST EX 5"), kSyntax);
  EXPECT_EQ(run("INCREX k EX 0"), "(error) ERR invalid expire time in 'increx' command");
  EXPECT_EQ(run("INCREX k LBOUND 5 UBOUND 4"), "(error) ERR LBOUND is greater than UBOUND");
  run("SET k 1.5");
  EXPECT_EQ(run("INCREX k"), "(error) ERR value is not an integer or out of range");
  run("LPUSH list x");
  EXPECT_EQ(run("INCREX list"), kWrongType);
}

TEST(Increx, adds_within_bounds) {
  CommandTester run;
  EXPECT_EQ(run("INCREX k"), "1) (integer) 1\n2) (integer) 1");
  EXPECT_EQ(run("INCREX k BYINT 5 UBOUND 10"), "1) (integer) 6\n2) (integer) 5");
  EXPECT_EQ(run("INCREX k BYINT 5 UBOUND 10 EX 5"), "1) (integer) 6\n2) (integer) 0");
  EXPECT_EQ(run("TTL k"), "(integer) -1");  // nothing was done
  EXPECT_EQ(run("INCREX k BYINT 5 UBOUND 10 SATURATE"), "1) (integer) 10\n2) (integer) 4");
  EXPECT_EQ(run("INCREX k BYINT -50 LBOUND 0 SATURATE"), "1) (integer) 0\n2) (integer) -10");
  run("SET k 9223372036854775807");
  EXPECT_EQ(run("INCREX k"), "1) (integer) 9223372036854775807\n2) (integer) 0");
  EXPECT_EQ(run("INCREX k SATURATE"), "1) (integer) 9223372036854775807\n2) (integer) 0");
}

TEST(Increx, adds_decimals) {
  CommandTester run, resp3(3);
  EXPECT_EQ(run("INCREX k BYFLOAT 1.5"), "1) \"1.5\"\n2) \"1.5\"");
  EXPECT_EQ(run("INCREX k BYFLOAT 2 UBOUND 3 SATURATE"), "1) \"3\"\n2) \"1.5\"");
  EXPECT_EQ(resp3("INCREX k BYFLOAT 1.5"), "1) (double) 1.5\n2) (double) 1.5");
}

TEST(Increx, changes_the_deadline_as_it_is_told) {
  CommandTester run;
  run("INCREX k EX 100");
  EXPECT_EQ(run("TTL k"), "(integer) 100");
  run("INCREX k EX 50 ENX");
  EXPECT_EQ(run("TTL k"), "(integer) 100");
  run("INCREX k");
  EXPECT_EQ(run("TTL k"), "(integer) 100");
  run("INCREX k EX 50");
  EXPECT_EQ(run("TTL k"), "(integer) 50");
  run("INCREX k PERSIST");
  EXPECT_EQ(run("TTL k"), "(integer) -1");
  EXPECT_EQ(run("GET k"), "\"5\"");
}

}  // namespace
}  // namespace redstart
