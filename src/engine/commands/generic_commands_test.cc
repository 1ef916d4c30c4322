// The commands for keys of any type, with the replies of redis-server 7.0.15.
#include <gtest/gtest.h>

#include <set>

#include "execution/command_tester.h"

namespace redstart {
namespace {

struct Step {
  std::string command;
  const char* reply;
};

void expect_replies(CommandTester& run, std::initializer_list<Step> steps) {
  for (const Step& step : steps) EXPECT_EQ(run(step.command), step.reply) << step.command;
}

constexpr const char* kSyntax = "(error) ERR syntax error";
constexpr const char* kNoInteger = "(error) ERR value is not an integer or out of range";

TEST(Expire, refuses_contradictions_before_it_looks_at_the_time) {
  CommandTester run;
  expect_replies(
      run,
      {{"EXPIRE k x NX XX",
        "(error) ERR NX and XX, GT or LT options at the same time are not compatible"},
       {"EXPIRE k x GT LT", "(error) ERR GT and LT options at the same time are not compatible"},
       {"EXPIRE k x FOO", "(error) ERR Unsupported option FOO"},
       {"EXPIRE k x", kNoInteger},
       {"EXPIRE k 9223372036854775807", "(error) ERR invalid expire time in 'expire' command"},
       {"PEXPIRE k 9223372036854775807", "(error) ERR invalid expire time in 'pexpire' command"},
       {"EXPIRE k 10", "(integer) 0"}});
}

TEST(Expire, compares_with_the_present_deadline) {
  CommandTester run;
  expect_replies(run, {{"SET k v", "OK"},
                       {"EXPIRE k 10 XX", "(integer) 0"},
                       {"EXPIRE k 10 GT", "(integer) 0"},
                       {"EXPIRE k 10 LT", "(integer) 1"},
                       {"EXPIRE k 10 NX", "(integer) 0"},
                       {"EXPIRE k 20 LT", "(integer) 0"},
                       {"EXPIRE k 20 GT", "(integer) 1"},
                       {"TTL k", "(integer) 20"},
                       {"EXPIRE k 30 XX", "(integer) 1"},
                       {"PTTL k", "(integer) 30000"}});
}

// A key once ended a millisecond early.
TEST(Expire, leaves_a_key_alive_through_the_millisecond_of_its_deadline) {
  CommandTester run;
  run("SET k v PX 100");
  run.clock.advance_ms(100);
  expect_replies(run, {{"PTTL k", "(integer) 0"}, {"GET k", "\"v\""}});
  run.clock.advance_ms(1);
  expect_replies(run, {{"PTTL k", "(integer) -2"}, {"GET k", "(nil)"}});
}

TEST(Expire, deletes_at_once_when_the_time_has_passed) {
  CommandTester run;
  expect_replies(run, {{"SET k v", "OK"},
                       {"EXPIRE k -1", "(integer) 1"},
                       {"EXISTS k", "(integer) 0"},
                       {"RPUSH l a", "(integer) 1"},
                       {"EXPIREAT l 1", "(integer) 1"},
                       {"TYPE l", "none"}});
}

TEST(Ttl, tells_missing_keys_from_lasting_ones_and_rounds) {
  CommandTester run;
  expect_replies(run, {{"TTL k", "(integer) -2"},
                       {"SET k v", "OK"},
                       {"EXPIRETIME k", "(integer) -1"},
                       {"PEXPIRE k 1499", "(integer) 1"},
                       {"TTL k", "(integer) 1"},
                       {"PEXPIRE k 1500", "(integer) 1"},
                       {"TTL k", "(integer) 2"},
                       {"EXPIREAT k 1800000000", "(integer) 1"},
                       {"EXPIRETIME k", "(integer) 1800000000"},
                       {"PEXPIRETIME k", "(integer) 1800000000000"},
                       {"PERSIST k", "(integer) 1"},
                       {"PERSIST k", "(integer) 0"}});
}

TEST(Ttl, survives_every_change_of_a_collection) {
  CommandTester run;
  expect_replies(run, {{"RPUSH l a b", "(integer) 2"},
                       {"EXPIRE l 100", "(integer) 1"},
                       {"RPUSH l c", "(integer) 3"},
                       {"TTL l", "(integer) 100"},
                       {"PEXPIREAT l 9223372036854775807", "(integer) 1"},
                       {"LRANGE l 0 -1", "1) \"a\"\n2) \"b\"\n3) \"c\""},
                       {"EXPIRE l 100", "(integer) 1"},
                       {"LRANGE l 0 -1", "1) \"a\"\n2) \"b\"\n3) \"c\""}});
}

TEST(Del, counts_each_key_once_whatever_it_holds) {
  CommandTester run;
  expect_replies(run, {{"MSET a 1 b 2", "OK"},
                       {"HSET h f v", "(integer) 1"},
                       {"EXISTS a a h none", "(integer) 3"},
                       {"DEL a a h none", "(integer) 2"},
                       {"UNLINK b", "(integer) 1"},
                       {"DBSIZE", "(integer) 0"}});
}

TEST(Unlink, frees_a_big_collection_afterwards) {
  CommandTester run;
  run("SET other x");
  const uint64_t before_bytes = run.executor.used_memory_bytes();
  for (int i = 0; i < 500; ++i) run("SADD s member:" + std::to_string(i));
  EXPECT_GT(run.executor.used_memory_bytes(), before_bytes);
  EXPECT_EQ(run("UNLINK s"), "(integer) 1");
  EXPECT_EQ(run("EXISTS s"), "(integer) 0");
  run.executor.tick();
  EXPECT_EQ(run.executor.used_memory_bytes(), before_bytes);
}

TEST(Rename, takes_value_and_deadline_along) {
  CommandTester run;
  expect_replies(run, {{"RENAME none k", "(error) ERR no such key"},
                       {"HSET h f v", "(integer) 1"},
                       {"EXPIRE h 50", "(integer) 1"},
                       {"SET k v", "OK"},
                       {"RENAMENX h k", "(integer) 0"},
                       {"RENAME h k", "OK"},
                       {"HGET k f", "\"v\""},
                       {"TTL k", "(integer) 50"},
                       {"EXISTS h", "(integer) 0"},
                       {"RENAME k k", "OK"},
                       {"RENAMENX k k", "(integer) 0"},
                       {"RENAMENX k fresh", "(integer) 1"},
                       {"DBSIZE", "(integer) 1"}});
}

TEST(Copy, makes_a_value_of_its_own) {
  CommandTester run;
  const std::string big(3000, 'x');
  expect_replies(run, {{"COPY a a", "(error) ERR source and destination objects are the same"},
                       {"COPY a b DB 99", "(error) ERR DB index is out of range"},
                       {"COPY a b DB x", kNoInteger},
                       {"COPY a b DB", kSyntax},
                       {"COPY a b", "(integer) 0"},
                       {"SET a " + big + " EX 70", "OK"},
                       {"COPY a b", "(integer) 1"},
                       {"APPEND b y", "(integer) 3001"},
                       {"STRLEN a", "(integer) 3000"},
                       {"TTL b", "(integer) 70"},
                       {"COPY a b", "(integer) 0"},
                       {"RPUSH l 1", "(integer) 1"},
                       {"COPY l b REPLACE", "(integer) 1"},
                       {"RPUSH b 2", "(integer) 2"},
                       {"LLEN l", "(integer) 1"},
                       {"COPY l l DB 1", "(integer) 1"},
                       {"SELECT 1", "OK"},
                       {"LRANGE l 0 -1", "1) \"1\""}});
}

TEST(Move, leaves_the_key_when_the_other_database_has_it) {
  CommandTester run;
  expect_replies(run, {{"MOVE k 0", "(error) ERR source and destination objects are the same"},
                       {"MOVE k 99", "(error) ERR DB index is out of range"},
                       {"MOVE k 1", "(integer) 0"},
                       {"SET k v EX 60", "OK"},
                       {"MOVE k 1", "(integer) 1"},
                       {"EXISTS k", "(integer) 0"},
                       {"SET k w", "OK"},
                       {"MOVE k 1", "(integer) 0"},
                       {"SELECT 1", "OK"},
                       {"TTL k", "(integer) 60"}});
}

TEST(Keys, hides_what_has_expired) {
  CommandTester run;
  run("MSET one 1 two 2");
  run("PEXPIRE two 1");
  EXPECT_EQ(run.reply("KEYS *").size(), 2u);
  run.clock.advance_ms(2);
  EXPECT_EQ(run("KEYS *"), "1) \"one\"");
  EXPECT_EQ(run("KEYS t*"), "(empty array)");
}

// All keys of a SCAN with these options.
std::multiset<std::string> scan_all(CommandTester& run, const std::string& options) {
  std::multiset<std::string> keys;
  std::string cursor = "0";
  do {
    const Reply reply = run.reply("SCAN " + cursor + " " + options);
    cursor = reply[0].text();
    for (const Reply& key : reply[1].elements()) keys.insert(key.text());
  } while (cursor != "0");
  return keys;
}

TEST(Scan, gives_each_key_of_a_resting_keyspace_once) {
  CommandTester run;
  std::multiset<std::string> expected;
  for (int i = 0; i < 5000; ++i) {
    expected.insert("key:" + std::to_string(i));
    run("SET key:" + std::to_string(i) + " v");
  }
  run("SADD other 1");
  expected.insert("other");
  EXPECT_EQ(scan_all(run, ""), expected);
  EXPECT_EQ(scan_all(run, "COUNT 100000"), expected);
  EXPECT_EQ(scan_all(run, "TYPE SET"), std::multiset<std::string>{"other"});
  EXPECT_EQ(scan_all(run, "MATCH key:123"), std::multiset<std::string>{"key:123"});
}

TEST(Scan, sees_all_that_stays_while_others_come_and_go) {
  constexpr int kStaying = 3000, kComingPerStep = 100;
  CommandTester run;
  for (int i = 0; i < kStaying; ++i) run("SET stays:" + std::to_string(i) + " v");
  std::set<std::string> seen;
  std::string cursor = "0";
  int coming = 0, going = 0;
  do {
    const Reply reply = run.reply("SCAN " + cursor + " COUNT 20");
    cursor = reply[0].text();
    for (const Reply& key : reply[1].elements()) {
      if (key.text().starts_with("stays:")) seen.insert(key.text());
    }
    // First the tables grow, then they shrink again.
    for (int i = 0; i < kComingPerStep; ++i) {
      if (seen.size() < kStaying / 2) {
        run("SET comes:" + std::to_string(coming++) + " v");
      } else if (going < coming) {
        run("DEL comes:" + std::to_string(going++));
      }
    }
  } while (cursor != "0");
  EXPECT_EQ(seen.size(), static_cast<size_t>(kStaying));
}

TEST(Scan, refuses_bad_cursors_and_counts) {
  CommandTester run;
  expect_replies(run, {{"SCAN x", "(error) ERR invalid cursor"},
                       {"SCAN \" 1\"", "(error) ERR invalid cursor"},
                       {"SCAN 99999999999999999999", "(error) ERR invalid cursor"},
                       {"SCAN 0 COUNT 0", kSyntax},
                       {"SCAN 0 COUNT x", kNoInteger},
                       {"SCAN 0 MATCH", kSyntax}});
}

TEST(Scan, and_randomkey_run_within_a_transaction) {
  CommandTester run;
  run("SET k v");
  run("MULTI");
  run("SCAN 0");
  run("RANDOMKEY");
  EXPECT_EQ(run("EXEC"), "1) 1) \"0\"\n   2) 1) \"k\"\n2) \"k\"");
}

TEST(Randomkey, finds_every_key_and_none_that_expired) {
  CommandTester run;
  EXPECT_EQ(run("RANDOMKEY"), "(nil)");
  run("MSET a 1 b 2 c 3");
  std::set<std::string> seen;
  for (int i = 0; i < 200; ++i) seen.insert(run("RANDOMKEY"));
  EXPECT_EQ(seen, (std::set<std::string>{"\"a\"", "\"b\"", "\"c\""}));
  run("PEXPIRE a 1");
  run("PEXPIRE b 1");
  run.clock.advance_ms(2);
  EXPECT_EQ(run("RANDOMKEY"), "\"c\"");
}

TEST(Randomkey, finds_the_one_key_among_many_that_expired) {
  CommandTester run;
  const auto fill = [&run] {
    for (int i = 0; i < 2000; ++i) run("SET k" + std::to_string(i) + " v PX 1");
    run.clock.advance_ms(2);
  };
  fill();
  EXPECT_EQ(run("RANDOMKEY"), "(nil)");
  fill();
  run("SET live v");
  EXPECT_EQ(run("RANDOMKEY"), "\"live\"");
}

TEST(Object, names_encodings_as_redis_does) {
  CommandTester run;
  expect_replies(run, {{"OBJECT ENCODING none", "(nil)"},
                       {"SET s 9999", "OK"},
                       {"OBJECT ENCODING s", "\"int\""},
                       {"OBJECT REFCOUNT s", "(integer) 2147483647"},
                       {"SET s " + std::string(44, 'x'), "OK"},
                       {"OBJECT ENCODING s", "\"embstr\""},
                       {"SET s " + std::string(45, 'x'), "OK"},
                       {"OBJECT ENCODING s", "\"raw\""},
                       {"OBJECT REFCOUNT s", "(integer) 1"},
                       {"RPUSH l a", "(integer) 1"},
                       {"OBJECT ENCODING l", "\"quicklist\""},
                       {"SADD t 1", "(integer) 1"},
                       {"OBJECT ENCODING t", "\"intset\""},
                       {"SADD t a", "(integer) 1"},
                       {"OBJECT ENCODING t", "\"hashtable\""}});
}

TEST(Object, counts_idle_seconds_from_the_last_access) {
  CommandTester run;
  run("SET k v");
  run.clock.advance_ms(5000);
  EXPECT_EQ(run("OBJECT IDLETIME k"), "(integer) 5");
  EXPECT_EQ(run("TOUCH k none"), "(integer) 1");
  EXPECT_EQ(run("OBJECT IDLETIME k"), "(integer) 0");
  EXPECT_TRUE(run("OBJECT FREQ k").starts_with("(error) ERR An LFU maxmemory policy is not"));
}

TEST(Sort, refuses_words_as_numbers) {
  CommandTester run;
  expect_replies(run, {{"RPUSH l b a 1", "(integer) 3"},
                       {"SORT l", "(error) ERR One or more scores can't be converted into double"},
                       {"SORT l ALPHA", "1) \"1\"\n2) \"a\"\n3) \"b\""},
                       {"SORT l LIMIT a b", kNoInteger},
                       {"SORT_RO l STORE x", kSyntax},
                       {"SET s v", "OK"},
                       {"SORT s",
                        "(error) WRONGTYPE Operation against a key holding the wrong kind of "
                        "value"}});
}

TEST(Sort, orders_by_weights_and_gets_from_other_keys) {
  CommandTester run;
  expect_replies(run, {{"SADD s 1 2 3", "(integer) 3"},
                       {"MSET w_1 30 w_2 20 w_3 10", "OK"},
                       {"HSET h_1 name one", "(integer) 1"},
                       {"HSET h_3 name three", "(integer) 1"},
                       {"SORT s BY w_* GET # GET h_*->name",
                        "1) \"3\"\n2) \"three\"\n3) \"2\"\n4) (nil)\n5) \"1\"\n6) \"one\""},
                       {"SORT s BY w_* DESC LIMIT 0 2", "1) \"1\"\n2) \"2\""},
                       {"SORT s BY w_* STORE out", "(integer) 3"},
                       {"LRANGE out 0 -1", "1) \"3\"\n2) \"2\"\n3) \"1\""},
                       {"SORT none STORE out", "(integer) 0"},
                       {"EXISTS out", "(integer) 0"}});
}

TEST(Sort, by_nothing_keeps_the_order_of_the_collection) {
  CommandTester run;
  expect_replies(run, {{"RPUSH l 3 1 2", "(integer) 3"},
                       {"SORT l BY nosort LIMIT 1 5", "1) \"1\"\n2) \"2\""},
                       {"SORT l BY nosort DESC LIMIT 0 2", "1) \"2\"\n2) \"1\""},
                       {"ZADD z 1 c 2 b 3 a", "(integer) 3"},
                       {"SORT z BY nosort", "1) \"c\"\n2) \"b\"\n3) \"a\""},
                       {"SORT z BY nosort DESC LIMIT 0 1", "1) \"a\""}});
}

TEST(Wait, ends_with_the_count_of_replicas_when_the_time_has_passed) {
  CommandTester run;
  expect_replies(run, {{"WAIT x 0", kNoInteger},
                       {"WAIT 0 -1", "(error) ERR timeout is negative"},
                       {"WAIT 0 x", "(error) ERR timeout is not an integer or out of range"},
                       {"WAIT 0 0", "(integer) 0"},
                       {"WAIT 1 100", "(no reply)"}});
  run.executor.tick();
  EXPECT_EQ(run.late_reply(), std::nullopt);
  run.clock.advance_ms(101);
  run.executor.tick();
  EXPECT_EQ(run.late_reply(), "(integer) 0");
}

// The new name once had the idle time of the old one.
TEST(Rename, is_an_access_to_the_key) {
  CommandTester run;
  run("SET old v");
  run.clock.advance_ms(10'000);
  expect_replies(run, {{"OBJECT IDLETIME old", "(integer) 10"},
                       {"RENAME old new", "OK"},
                       {"OBJECT IDLETIME new", "(integer) 0"}});
}

// Such keys once kept their idle time.
TEST(Idletime, ends_for_a_key_that_a_refused_command_looked_at) {
  for (const char* refused : {"RENAMENX one two", "MSETNX none v two v", "MOVE two 1",
                              "SMOVE none two m"}) {
    CommandTester run;
    run("MSET one 1 two 2");
    run("COPY two two DB 1");
    run.clock.advance_ms(10'000);
    EXPECT_EQ(run("OBJECT IDLETIME two"), "(integer) 10");
    EXPECT_EQ(run(refused), "(integer) 0");
    EXPECT_EQ(run("OBJECT IDLETIME two"), "(integer) 0") << refused;
  }
}

}  // namespace
}  // namespace redstart
