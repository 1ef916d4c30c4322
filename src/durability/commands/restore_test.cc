#include <gtest/gtest.h>

#include "base/quoted_words.h"
#include "execution/command_tester.h"

namespace redstart {
namespace {

std::string restore_line(CommandTester& run, std::string_view source, std::string_view rest) {
  return "RESTORE key " + std::string(rest.substr(0, rest.find(' '))) + " " +
         quote(run.reply("DUMP " + std::string(source)).text()) +
         (rest.contains(' ') ? std::string(rest.substr(rest.find(' '))) : "");
}

TEST(Restore, refuses_what_is_wrong_and_changes_nothing) {
  CommandTester run;
  run("RPUSH list a b c");
  run("SET key old");
  EXPECT_EQ(run(restore_line(run, "list", "0")), "(error) BUSYKEY Target key name already exists.");
  EXPECT_EQ(run(restore_line(run, "list", "-1 REPLACE")), "(error) ERR Invalid TTL value, must be >= 0");
  EXPECT_EQ(run(restore_line(run, "list", "0 REPLACE FREQ 256")),
            "(error) ERR Invalid FREQ value, must be >= 0 and <= 255");
  EXPECT_EQ(run(restore_line(run, "list", "0 REPLACE IDLETIME -1")),
            "(error) ERR Invalid IDLETIME value, must be >= 0");
  EXPECT_EQ(run(restore_line(run, "list", "0 REPLACE FREQ 1 IDLETIME 1")), "(error) ERR syntax error");
  EXPECT_EQ(run("RESTORE key 0 garbage REPLACE"), "(error) ERR DUMP payload version or checksum are wrong");
  EXPECT_EQ(run("GET key"), "\"old\"");
}

TEST(Restore, gives_the_key_its_deadline_and_idle_time) {
  CommandTester run;
  run("SADD set 1 2 3");
  EXPECT_EQ(run(restore_line(run, "set", "5000 IDLETIME 100")), "OK");
  EXPECT_EQ(run("PTTL key"), "(integer) 5000");
  EXPECT_EQ(run("OBJECT IDLETIME key"), "(integer) 100");
  const std::string deadline = std::to_string(run.clock.unix_time_ms() + 70);
  EXPECT_EQ(run(restore_line(run, "set", deadline + " REPLACE ABSTTL")), "OK");
  EXPECT_EQ(run("PTTL key"), "(integer) 70");
}

TEST(Restore, deletes_the_key_when_the_deadline_has_passed) {
  CommandTester run;
  run("SET key old");
  EXPECT_EQ(run(restore_line(run, "key", "1 REPLACE ABSTTL")), "OK");
  EXPECT_EQ(run("EXISTS key"), "(integer) 0");
}

TEST(Dump, says_nothing_of_a_missing_key) {
  CommandTester run;
  EXPECT_EQ(run("DUMP none"), "(nil)");
}

}  // namespace
}  // namespace redstart
