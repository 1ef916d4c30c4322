// HEXPIRE, HTTL, HPERSIST, HGETEX, HSETEX, HGETDEL: what they reply, and what becomes of due fields.
#include <gtest/gtest.h>

#include <atomic>
#include <string>
#include <thread>
#include <vector>

#include "base/random.h"
#include "execution/command_tester.h"
#include "execution/config.h"
#include "execution/test_client.h"

namespace redstart {
namespace {

constexpr const char* kMissingFields =
    "(error) ERR Mandatory argument FIELDS is missing or not at the right position";
constexpr const char* kMismatch = "(error) ERR The `numfields` parameter must match the number of arguments";
constexpr const char* kWrongType =
    "(error) WRONGTYPE Operation against a key holding the wrong kind of value";

class FieldDeadlineCommands : public ::testing::Test {
 protected:
  CommandTester run;
  std::string at(const char* command, int64_t after_ms, const char* rest) {
    return std::string(command) + " " + std::to_string(run.clock.unix_time_ms() + after_ms) + " " + rest;
  }
  void advance_ms(int64_t ms) { run.clock.advance_ms(ms); }
};

TEST_F(FieldDeadlineCommands, refuse_bad_arguments) {
  run("SET text x");
  EXPECT_EQ(run("HEXPIRE text 10 FIELDS 1 a"), kWrongType);
  EXPECT_EQ(run("HTTL text FIELDS 1 a"), kWrongType);
  EXPECT_EQ(run("HSETEX text FIELDS 1 a 1"), kWrongType);
  EXPECT_EQ(run("HEXPIRE h x FIELDS 1 a"), "(error) ERR value is not an integer or out of range");
  EXPECT_EQ(run("HEXPIRE h -1 FIELDS 1 a"), "(error) ERR invalid expire time, must be >= 0");
  EXPECT_EQ(run("HEXPIRE h 70368744178 FIELDS 1 a"), "(error) ERR invalid expire time in 'hexpire' command");
  EXPECT_EQ(run("HEXPIRE h 10 FELDS 1 a"), kMissingFields);
  EXPECT_EQ(run("HEXPIRE h 10 FIELDS 0 a"), "(error) ERR Parameter `numFields` should be greater than 0");
  EXPECT_EQ(run("HEXPIRE h 10 FIELDS 2 a"), kMismatch);
  EXPECT_EQ(run("HEXPIRE h 10 NX FIELDS 1 a b"), kMismatch);
  EXPECT_EQ(run("HEXPIRE h 10 FIELDS 1"), "(error) ERR wrong number of arguments for 'hexpire' command");
  EXPECT_EQ(run("HTTL h FIELDS 0 a"), "(error) ERR Number of fields must be a positive integer");
  EXPECT_EQ(run("HPERSIST h FIELDS 3 a b"), kMismatch);
  EXPECT_EQ(run("HGETEX h EX 10 1 a"), kMissingFields);
  EXPECT_EQ(run("HGETDEL h 1 a b"), kMissingFields);
  EXPECT_EQ(run("HSETEX h FIELDS 2 a 1"), "(error) ERR wrong number of arguments for 'hsetex' command");
  EXPECT_EQ(run("HSETEX h FIELDS x a 1"), "(error) ERR invalid number of fields");
  EXPECT_EQ(run("HSETEX h FNX FXX FIELDS 1 a 1"), "(error) ERR Only one of FXX or FNX arguments can be specified");
  EXPECT_EQ(run("HSETEX h EX 1 KEEPTTL FIELDS 1 a 1"),
            "(error) ERR Only one of EX, PX, EXAT, PXAT or KEEPTTL arguments can be specified");
  EXPECT_EQ(run("HSETEX h FOO FIELDS 1 a 1"), "(error) ERR unknown argument: FOO");
  EXPECT_EQ(run("HSETEX h a 1 b 2"), "(error) ERR unknown argument: a");
  EXPECT_EQ(run("EXISTS h"), "(integer) 0");
}

TEST_F(FieldDeadlineCommands, answer_for_each_field_of_a_missing_hash) {
  EXPECT_EQ(run("HEXPIRE h 10 FIELDS 2 a b"), "1) (integer) -2\n2) (integer) -2");
  EXPECT_EQ(run("HTTL h FIELDS 1 a"), "1) (integer) -2");
  EXPECT_EQ(run("HPERSIST h FIELDS 1 a"), "1) (integer) -2");
  EXPECT_EQ(run("HGETEX h FIELDS 1 a"), "1) (nil)");
  EXPECT_EQ(run("HGETDEL h FIELDS 1 a"), "1) (nil)");
  EXPECT_EQ(run("HSETEX h FXX FIELDS 1 a 1"), "(integer) 0");
  EXPECT_EQ(run("EXISTS h"), "(integer) 0");
}

TEST_F(FieldDeadlineCommands, set_and_tell_deadlines_in_every_unit) {
  run("HSET h a 1 b 2 c 3");
  EXPECT_EQ(run("HEXPIRE h 10 FIELDS 2 a x"), "1) (integer) 1\n2) (integer) -2");
  EXPECT_EQ(run("HTTL h FIELDS 3 a b x"), "1) (integer) 10\n2) (integer) -1\n3) (integer) -2");
  EXPECT_EQ(run("HPTTL h FIELDS 1 a"), "1) (integer) 10000");
  EXPECT_EQ(run("HPEXPIRE h 1500 FIELDS 1 b"), "1) (integer) 1");
  EXPECT_EQ(run("HTTL h FIELDS 1 b"), "1) (integer) 2");  // rounded up
  const int64_t at_ms = run.clock.unix_time_ms() + 5000;
  EXPECT_EQ(run(at("HPEXPIREAT h", 5000, "FIELDS 1 c")), "1) (integer) 1");
  EXPECT_EQ(run("HPEXPIRETIME h FIELDS 1 c"), "1) (integer) " + std::to_string(at_ms));
  EXPECT_EQ(run("HEXPIRETIME h FIELDS 1 c"), "1) (integer) " + std::to_string((at_ms + 999) / 1000));
  EXPECT_EQ(run("HEXPIREAT h 9999999999 FIELDS 1 c"), "1) (integer) 1");
  EXPECT_EQ(run("HEXPIRETIME h FIELDS 1 c"), "1) (integer) 9999999999");
}

TEST_F(FieldDeadlineCommands, obey_the_condition) {
  run("HSET h a 1");
  EXPECT_EQ(run("HEXPIRE h 10 XX FIELDS 1 a"), "1) (integer) 0");
  EXPECT_EQ(run("HEXPIRE h 10 GT FIELDS 1 a"), "1) (integer) 0");  // no deadline is the latest
  EXPECT_EQ(run("HEXPIRE h 10 NX FIELDS 1 a"), "1) (integer) 1");
  EXPECT_EQ(run("HEXPIRE h 20 NX FIELDS 1 a"), "1) (integer) 0");
  EXPECT_EQ(run("HEXPIRE h 5 GT FIELDS 1 a"), "1) (integer) 0");
  EXPECT_EQ(run("HEXPIRE h 5 LT FIELDS 1 a"), "1) (integer) 1");
  EXPECT_EQ(run("HEXPIRE h 20 XX FIELDS 1 a"), "1) (integer) 1");
  EXPECT_EQ(run("HTTL h FIELDS 1 a"), "1) (integer) 20");
  run("HSET g a 1");
  EXPECT_EQ(run("HEXPIRE g 10 LT FIELDS 1 a"), "1) (integer) 1");
}

TEST_F(FieldDeadlineCommands, remove_a_field_whose_deadline_is_past) {
  run("HSET h a 1 b 2");
  EXPECT_EQ(run("HEXPIRE h 0 FIELDS 1 a"), "1) (integer) 2");
  EXPECT_EQ(run("HLEN h"), "(integer) 1");
  EXPECT_EQ(run("HPEXPIREAT h 1 FIELDS 1 b"), "1) (integer) 2");
  EXPECT_EQ(run("EXISTS h"), "(integer) 0");
  EXPECT_EQ(run("HSETEX h PXAT 1 FIELDS 1 a 1"), "(integer) 1");
  EXPECT_EQ(run("EXISTS h"), "(integer) 0");
}

TEST_F(FieldDeadlineCommands, hide_a_due_field_from_every_command_at_once) {
  run("HSET h a 1 b 2 keep 3");
  run("HPEXPIRE h 10 FIELDS 2 a b");
  advance_ms(10);
  EXPECT_EQ(run("HGET h a"), "\"1\"");
  advance_ms(1);
  EXPECT_EQ(run("HLEN h"), "(integer) 1");
  EXPECT_EQ(run("HGET h a"), "(nil)");
  EXPECT_EQ(run("HMGET h a keep"), "1) (nil)\n2) \"3\"");
  EXPECT_EQ(run("HGETALL h"), "1# \"keep\" => \"3\"");
  EXPECT_EQ(run("HEXISTS h a"), "(integer) 0");
  EXPECT_EQ(run("HSTRLEN h a"), "(integer) 0");
  EXPECT_EQ(run("HRANDFIELD h 5"), "1) \"keep\"");
  EXPECT_EQ(run("HSCAN h 0"), "1) \"0\"\n2) 1) \"keep\"\n   2) \"3\"");
  EXPECT_EQ(run("HDEL h a"), "(integer) 0");
  EXPECT_EQ(run("HTTL h FIELDS 1 a"), "1) (integer) -2");
  EXPECT_EQ(run("HINCRBY h a 5"), "(integer) 5");
  EXPECT_EQ(run("HSETNX h b 7"), "(integer) 1");
}

TEST_F(FieldDeadlineCommands, remove_the_key_with_its_last_field) {
  run("HSETEX h PX 10 FIELDS 2 a 1 b 2");
  advance_ms(11);
  EXPECT_EQ(run("EXISTS h"), "(integer) 0");
  EXPECT_EQ(run("TYPE h"), "none");
  EXPECT_EQ(run("DBSIZE"), "(integer) 0");
  EXPECT_EQ(run.executor.keyspace().timed_hash_count(0), 0u);
}

TEST_F(FieldDeadlineCommands, keep_or_clear_a_deadline_as_the_command_says) {
  run("HSETEX h EX 100 FIELDS 3 a 1 b 2 c 3");
  run("HSET h a 9");
  EXPECT_EQ(run("HTTL h FIELDS 1 a"), "1) (integer) -1");
  run("HINCRBY h b 1");
  run("HINCRBYFLOAT h c 0.5");
  EXPECT_EQ(run("HTTL h FIELDS 2 b c"), "1) (integer) 100\n2) (integer) 100");
  run("HSETEX h KEEPTTL FIELDS 1 b 5");
  EXPECT_EQ(run("HTTL h FIELDS 1 b"), "1) (integer) 100");
  run("HSETEX h FIELDS 1 b 6");
  EXPECT_EQ(run("HTTL h FIELDS 1 b"), "1) (integer) -1");
  EXPECT_EQ(run("HPERSIST h FIELDS 3 b c x"), "1) (integer) -1\n2) (integer) 1\n3) (integer) -2");
  EXPECT_EQ(run("HTTL h FIELDS 1 c"), "1) (integer) -1");
  EXPECT_EQ(run.executor.keyspace().timed_hash_count(0), 0u);
}

TEST_F(FieldDeadlineCommands, get_and_change_in_one) {
  run("HSET h a 1 b 2");
  EXPECT_EQ(run("HGETEX h FIELDS 2 a x"), "1) \"1\"\n2) (nil)");
  EXPECT_EQ(run("HTTL h FIELDS 1 a"), "1) (integer) -1");
  EXPECT_EQ(run("HGETEX h EX 10 FIELDS 1 a"), "1) \"1\"");
  EXPECT_EQ(run("HTTL h FIELDS 1 a"), "1) (integer) 10");
  EXPECT_EQ(run("HGETEX h PERSIST FIELDS 1 a"), "1) \"1\"");
  EXPECT_EQ(run("HTTL h FIELDS 1 a"), "1) (integer) -1");
  EXPECT_EQ(run("HGETEX h PXAT 1 FIELDS 1 a"), "1) \"1\"");
  EXPECT_EQ(run("HEXISTS h a"), "(integer) 0");
  EXPECT_EQ(run("HGETDEL h FIELDS 2 b b"), "1) \"2\"\n2) (nil)");
  EXPECT_EQ(run("EXISTS h"), "(integer) 0");
}

TEST_F(FieldDeadlineCommands, set_all_or_none) {
  EXPECT_EQ(run("HSETEX h FNX EX 10 FIELDS 2 a 1 b 2"), "(integer) 1");
  EXPECT_EQ(run("HSETEX h FNX FIELDS 2 b 5 c 5"), "(integer) 0");
  EXPECT_EQ(run("HSETEX h FXX FIELDS 2 b 5 c 5"), "(integer) 0");
  EXPECT_EQ(run("HGETALL h"), "1# \"a\" => \"1\"\n2# \"b\" => \"2\"");
  EXPECT_EQ(run("HSETEX h FXX FIELDS 2 a 5 b 5"), "(integer) 1");
  EXPECT_EQ(run("HMGET h a b"), "1) \"5\"\n2) \"5\"");
}

TEST_F(FieldDeadlineCommands, are_told_by_the_encoding) {
  run("HSET h a 1");
  EXPECT_EQ(run("OBJECT ENCODING h"), "\"listpack\"");
  run("HEXPIRE h 10 FIELDS 1 a");
  EXPECT_EQ(run("OBJECT ENCODING h"), "\"listpackex\"");
  run("CONFIG SET hash-max-listpack-entries 0");
  run("HSET h b 1");
  EXPECT_EQ(run("OBJECT ENCODING h"), "\"hashtable\"");
  EXPECT_EQ(run("HTTL h FIELDS 2 a b"), "1) (integer) 10\n2) (integer) -1");
}

TEST_F(FieldDeadlineCommands, go_along_with_copy_rename_and_move) {
  run("HSET h a 1 b 2");
  run("HPEXPIRE h 50 FIELDS 1 a");
  run("COPY h copied");
  run("RENAME h renamed");
  run("COPY renamed moved");
  run("MOVE moved 1");
  EXPECT_EQ(run("HPTTL copied FIELDS 2 a b"), "1) (integer) 50\n2) (integer) -1");
  EXPECT_EQ(run("HPTTL renamed FIELDS 1 a"), "1) (integer) 50");
  EXPECT_EQ(run.executor.keyspace().timed_hash_count(0), 2u);
  EXPECT_EQ(run.executor.keyspace().timed_hash_count(1), 1u);
  EXPECT_NE(run("INFO keyspace").find("subexpiry=2"), std::string::npos);
  // Each is found by the index of its own place.
  advance_ms(51 + 64);
  for (int tick = 0; tick < 11; ++tick) run.executor.tick();
  EXPECT_EQ(run.executor.keyspace().timed_hash_count(0), 0u);
  EXPECT_EQ(run.executor.keyspace().timed_hash_count(1), 0u);
  EXPECT_EQ(run.executor.keyspace().totals().expired_fields, 3u);
}

TEST_F(FieldDeadlineCommands, keep_the_key_s_own_deadline_apart) {
  run("HSETEX h PX 100 FIELDS 1 a 1");
  run("HSET h b 2");
  run("PEXPIRE h 1000");
  EXPECT_EQ(run("HPTTL h FIELDS 1 a"), "1) (integer) 100");
  run("PERSIST h");
  EXPECT_EQ(run("HPTTL h FIELDS 1 a"), "1) (integer) 100");
  EXPECT_EQ(run("PTTL h"), "(integer) -1");
  advance_ms(101 + 64);
  for (int tick = 0; tick < 11; ++tick) run.executor.tick();
  EXPECT_EQ(run.executor.keyspace().totals().expired_fields, 1u);
  EXPECT_EQ(run("HGETALL h"), "1# \"b\" => \"2\"");
}

TEST_F(FieldDeadlineCommands, give_memory_back_that_nobody_reads) {
  const uint64_t before_bytes = run.executor.used_memory_bytes();
  for (int hash = 0; hash < 20; ++hash) {
    for (int field = 0; field < 1000; ++field) {
      run("HSETEX h" + std::to_string(hash) + " PX " + std::to_string(100 + field) + " FIELDS 1 f" +
          std::to_string(field) + " value");
    }
  }
  EXPECT_GT(run.executor.used_memory_bytes(), before_bytes + 500'000);
  advance_ms(1200);
  for (int tick = 0; tick < 11; ++tick) run.executor.tick();
  EXPECT_EQ(run.executor.keyspace().key_count(0), 0u);
  EXPECT_EQ(run.executor.keyspace().totals().expired_fields, 20'000u);
  EXPECT_LT(run.executor.used_memory_bytes(), before_bytes + 20'000);
}

TEST_F(FieldDeadlineCommands, go_while_others_read_and_write) {
  run("CONFIG SET hash-max-listpack-entries 8");  // both encodings, and conversions
  std::atomic<bool> stop{false};
  std::vector<std::thread> threads;
  for (uint64_t thread = 1; thread <= 3; ++thread) {
    threads.emplace_back([this, thread, &stop] {
      TestClient client(run.executor);
      Random random(thread);
      while (!stop) {
        const std::string key = " h" + std::to_string(random.below(4)) + " ";
        const std::string field = "f" + std::to_string(random.below(40));
        const std::string ttl = std::to_string(1 + random.below(50));
        client("HSETEX" + key + "PX " + ttl + " FIELDS 1 " + field + " value");
        client("HGETALL" + key);
        client("HPEXPIRE" + key + ttl + " FIELDS 1 " + field);
        if (random.below(4) == 0) client("HPERSIST" + key + "FIELDS 1 " + field);
        if (random.below(4) == 0) client("HSET" + key + field + " other");
        if (random.below(8) == 0) client("DEL" + key);
      }
    });
  }
  for (int step = 0; step < 400; ++step) {
    advance_ms(5);
    run.executor.tick();
  }
  stop = true;
  for (std::thread& thread : threads) thread.join();
  for (int key = 0; key < 4; ++key) {
    const std::string name = "h" + std::to_string(key);
    for (int field = 0; field < 40; ++field) run("HPEXPIRE " + name + " 1 FIELDS 1 f" + std::to_string(field));
  }
  advance_ms(200);
  for (int tick = 0; tick < 11; ++tick) run.executor.tick();
  EXPECT_EQ(run.executor.keyspace().key_count(0), 0u);
  EXPECT_EQ(run.executor.keyspace().timed_hash_count(0), 0u);
}

TEST_F(FieldDeadlineCommands, are_dumped_and_restored) {
  for (const char* limit : {"0", "512"}) {
    run("CONFIG SET hash-max-listpack-entries " + std::string(limit));
    run("FLUSHALL");
    run("HSET h a 1 b 2 c 3");
    run("HPEXPIRE h 5000 FIELDS 1 a");
    run("HPEXPIRE h 9000 FIELDS 1 b");
    TestClient client(run.executor);
    const std::string payload = client.reply("DUMP h").text();
    ReplyBuilder reply(2);
    const std::string_view words[] = {"RESTORE", "copy", "0", payload};
    run.executor.execute(client, words, reply);
    EXPECT_EQ(to_string(reply.take()), "OK");
    EXPECT_EQ(run("HPTTL copy FIELDS 3 a b c"), "1) (integer) 5000\n2) (integer) 9000\n3) (integer) -1");
    EXPECT_EQ(run("HMGET copy a b c"), "1) \"1\"\n2) \"2\"\n3) \"3\"");
    EXPECT_EQ(run.executor.keyspace().timed_hash_count(0), 2u);
    advance_ms(5200);
    for (int tick = 0; tick < 11; ++tick) run.executor.tick();
    EXPECT_EQ(run("HLEN copy"), "(integer) 2");
  }
}

TEST_F(FieldDeadlineCommands, are_part_of_the_fingerprint) {
  run.executor.config().force("enable-debug-command", "yes");
  run("HSET h a 1");
  const std::string plain = run("DEBUG DIGEST-VALUE h");
  run("HEXPIRE h 10 FIELDS 1 a");
  EXPECT_NE(run("DEBUG DIGEST-VALUE h"), plain);
  run("HPERSIST h FIELDS 1 a");
  EXPECT_EQ(run("DEBUG DIGEST-VALUE h"), plain);
}

TEST_F(FieldDeadlineCommands, count_in_memory_usage) {
  run("CONFIG SET hash-max-listpack-entries 0");
  run("HSET h a 1");
  const int64_t plain = run.reply("MEMORY USAGE h").as_integer();
  run("HEXPIRE h 10 FIELDS 1 a");
  EXPECT_GT(run.reply("MEMORY USAGE h").as_integer(), plain);
}

TEST_F(FieldDeadlineCommands, let_hscan_leave_the_values_out) {
  run("HSET h a 1 b 2");
  EXPECT_EQ(run("HSCAN h 0 NOVALUES"), "1) \"0\"\n2) 1) \"a\"\n   2) \"b\"");
  EXPECT_EQ(run("HSCAN h 0 MATCH b NOVALUES COUNT 5"), "1) \"0\"\n2) 1) \"b\"");
  run("ZADD z 1 a");
  EXPECT_EQ(run("ZSCAN z 0 NOVALUES"), "(error) ERR syntax error");
}

}  // namespace
}  // namespace redstart
