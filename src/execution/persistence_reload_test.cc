// DEBUG RELOAD and DEBUG LOADAOF.
#include <gtest/gtest.h>

#include <atomic>
#include <filesystem>
#include <thread>
#include <vector>

#include "execution/persistence.h"
#include "execution/saved_store.h"
#include "execution/test_client.h"

namespace redstart {
namespace {

// --- DEBUG RELOAD

class Reloads : public Saves {
 protected:
  static void allow_debug(CommandTester& tester) { tester.executor.config().force("enable-debug-command", "yes"); }
  void SetUp() override { allow_debug(run); }
};

TEST_F(Reloads, change_nothing) {
  for (int i = 0; i < 5000; ++i) run("SET key:" + std::to_string(i) + " value");
  run("PEXPIRE key:1 100000");
  run("SELECT 2");
  run("XADD stream 1-1 f v");
  run("FUNCTION LOAD '#!lua name=lib\nredis.register_function(\"f\", function() return 1 end)'");
  const std::string digest = digest_of(run);
  EXPECT_EQ(run("DEBUG RELOAD"), "OK");
  EXPECT_EQ(digest_of(run), digest);
  EXPECT_EQ(run("FCALL f 0"), "(integer) 1");
  EXPECT_EQ(field(run, "rdb_saves"), "1");
}

TEST_F(Reloads, bring_back_what_the_last_save_has) {
  run("SET a old");
  run("SAVE");
  run("SET a new");
  run("SET b new");
  EXPECT_EQ(run("DEBUG RELOAD NOSAVE"), "OK");
  EXPECT_EQ(run("MGET a b"), "1) \"old\"\n2) (nil)");
}

TEST_F(Reloads, merge_when_they_are_told_so) {
  run("MSET a old b old");
  run("SAVE");
  run("MSET a new c new");
  EXPECT_EQ(run("DEBUG RELOAD NOSAVE NOFLUSH MERGE"), "OK");
  EXPECT_EQ(run("MGET a b c"), "1) \"old\"\n2) \"old\"\n3) \"new\"");
  EXPECT_NE(run("DEBUG RELOAD NOFLUSH").find("the key stands twice in database 0"), std::string::npos);
}

TEST_F(Reloads, that_cannot_save_change_nothing) {
  run("SET a 1");
  disk.failing = "sync";
  disk.failures_after = 0;
  EXPECT_EQ(run("DEBUG RELOAD"), "(error) ERR cannot sync: No space left on device");
  EXPECT_EQ(run("GET a"), "\"1\"");
}

TEST_F(Reloads, tell_the_clients_that_watch) {
  TestClient other(run.executor);
  run("SET a 1");
  other("WATCH a");
  EXPECT_EQ(run("DEBUG RELOAD"), "OK");
  other("MULTI");
  other("GET a");
  EXPECT_EQ(other("EXEC"), "(nil)");
}

// The log must not have it as a command.
TEST_F(Reloads, leave_a_log_that_tells_the_data) {
  std::string digest;
  {
    CommandTester tester;
    ASSERT_EQ(open_with_log(tester), std::nullopt);
    allow_debug(tester);
    tester("MSET a 1 b 2");
    tester("DEBUG POPULATE 10");
    EXPECT_EQ(tester("DEBUG RELOAD"), "OK");
    tester("INCR a");
    tester("SAVE");
    tester("DEL b");
    EXPECT_EQ(tester("DEBUG RELOAD NOSAVE"), "OK");
    EXPECT_EQ(field(tester, "aof_rewrite_scheduled"), "1");
    tester.clock.advance_ms(1000);
    tester.executor.tick();
    tester.executor.persistence().wait_for_job();
    tester("INCR b");
    digest = digest_of(tester);
  }
  CommandTester other;
  EXPECT_EQ(open_with_log(other), std::nullopt);
  EXPECT_EQ(digest_of(other), digest);
  EXPECT_EQ(other("MGET a b"), "1) \"2\"\n2) \"3\"");
}

// DEBUG never stands in a log.
TEST_F(Reloads, find_what_populate_has_made) {
  std::string digest;
  {
    CommandTester tester;
    ASSERT_EQ(open_with_log(tester), std::nullopt);
    allow_debug(tester);
    tester("SET key:1 mine");
    tester("SELECT 3");
    EXPECT_EQ(tester("DEBUG POPULATE 600 key 20"), "OK");
    tester("SELECT 0");
    EXPECT_EQ(tester("DEBUG POPULATE 256"), "OK");
    digest = digest_of(tester);
  }
  CommandTester other;
  EXPECT_EQ(open_with_log(other), std::nullopt);
  EXPECT_EQ(digest_of(other), digest);
  EXPECT_EQ(other("MGET key:1 key:2"), "1) \"mine\"\n2) \"value:2\"");
}

TEST_F(Reloads, find_sketches_as_pfdebug_has_left_them) {
  std::string digest;
  {
    CommandTester tester;
    ASSERT_EQ(open_with_log(tester), std::nullopt);
    tester("PFADD sparse a");
    tester("PFADD dense a");
    EXPECT_EQ(tester("PFDEBUG TODENSE dense"), "(integer) 1");
    digest = digest_of(tester);
  }
  CommandTester other;
  EXPECT_EQ(open_with_log(other), std::nullopt);
  EXPECT_EQ(digest_of(other), digest);
  EXPECT_EQ(other("PFDEBUG ENCODING sparse"), "sparse");
  EXPECT_EQ(other("PFDEBUG ENCODING dense"), "dense");
}

TEST_F(Reloads, know_their_options) {
  run("SET a 1");
  EXPECT_EQ(run("DEBUG RELOAD SAVE"), "(error) ERR DEBUG RELOAD only supports the MERGE, NOFLUSH and NOSAVE options.");
  CommandTester in_memory;
  allow_debug(in_memory);
  in_memory("SET a 1");
  EXPECT_EQ(in_memory("DEBUG RELOAD"), "(error) ERR This store keeps its data in memory only");
  EXPECT_EQ(in_memory("GET a"), "\"1\"");
}

// --- DEBUG LOADAOF

class LogReloads : public Reloads {
 protected:
  void SetUp() override {
    ASSERT_EQ(open_with_log(run), std::nullopt);
    allow_debug(run);
  }
  std::string increment() const { return log_file(".incr.aof"); }
  std::string log_file(std::string_view end) const {
    for (const auto& file : std::filesystem::directory_iterator(directory + "/appendonlydir")) {
      if (file.path().string().ends_with(end)) return file.path();
    }
    return {};
  }
  void overwrite(const std::string& path, const std::string& bytes) {
    ASSERT_TRUE((*real_disk().create(path))->append(bytes));
  }
  // What the next start makes of the log.
  std::string digest_after_restart() {
    run.executor.persistence().finish(false);
    const std::string copy = directory + "_copy";
    std::filesystem::remove_all(copy);
    std::filesystem::copy(directory, copy, std::filesystem::copy_options::recursive);
    CommandTester other;
    other.clock.advance_ms(run.clock.unix_time_ms() - other.clock.unix_time_ms());
    other.executor.config().force("dir", copy);
    other.executor.config().force("appendonly", "yes");
    other.executor.persistence().use_disk(real_disk());
    EXPECT_EQ(other.executor.persistence().load(), std::nullopt);
    const std::string digest = digest_of(other);
    std::filesystem::remove_all(copy);
    return digest;
  }
};

TEST_F(LogReloads, change_nothing) {
  Random random(3);
  for (int i = 0; i < 5000; ++i) change_something(run, random);
  run("SELECT 0");
  run("FUNCTION LOAD '#!lua name=base\nredis.register_function(\"g\", function() return 2 end)'");
  ASSERT_EQ(run("BGREWRITEAOF"), "Background append only file rewriting started");
  run.executor.persistence().wait_for_job();
  for (int i = 0; i < 5000; ++i) change_something(run, random);
  run("SELECT 2");
  run("XADD stream 1-1 f v");
  run("EVAL 'redis.call(\"SET\", KEYS[1], 1) redis.call(\"INCR\", KEYS[1])' 1 by-script");
  run("FUNCTION LOAD '#!lua name=lib\nredis.register_function(\"f\", function() return 1 end)'");
  const std::string digest = digest_of(run);
  const std::string log_bytes = field(run, "aof_current_size");
  EXPECT_EQ(run("DEBUG LOADAOF"), "OK");
  EXPECT_EQ(digest_of(run), digest);
  EXPECT_EQ(run("FCALL f 0"), "(integer) 1");
  EXPECT_EQ(run("FCALL g 0"), "(integer) 2");
  EXPECT_EQ(run("GET by-script"), "\"2\"");
  EXPECT_EQ(field(run, "aof_current_size"), log_bytes);
  EXPECT_EQ(field(run, "rdb_changes_since_last_save"), "0");
  EXPECT_EQ(run("DEBUG LOADAOF"), "OK");
  EXPECT_EQ(digest_of(run), digest);
  run("SET after 1");
  EXPECT_EQ(digest_after_restart(), digest_of(run));
}

TEST_F(LogReloads, bring_back_what_the_log_has) {
  run("SET a old");
  run("SAVE");
  run("SET a new");
  run("FUNCTION LOAD '#!lua name=lib\nredis.register_function(\"f\", function() return 1 end)'");
  run("DEBUG RELOAD NOSAVE");
  ASSERT_EQ(run("GET a"), "\"old\"");
  EXPECT_EQ(run("DEBUG LOADAOF"), "OK");
  EXPECT_EQ(run("GET a"), "\"new\"");
  EXPECT_EQ(run("FCALL f 0"), "(integer) 1");
}

TEST_F(LogReloads, keep_what_expires_where_it_was) {
  run("SET a 1 PX 100000");
  run("SET b 1 PX 1000");
  run.clock.advance_ms(2000);
  EXPECT_EQ(run("DEBUG LOADAOF"), "OK");
  EXPECT_EQ(run("PTTL a"), "(integer) 98000");
  EXPECT_EQ(run("GET b"), "(nil)");
}

// What is under locks has no business with accounts: memory that came and went must not stay on the books.
TEST_F(LogReloads, keep_account_of_memory) {
  for (int i = 0; i < 2000; ++i) run("SET key:" + std::to_string(i) + " " + std::string(100, 'x'));
  run("DEBUG LOADAOF");
  const uint64_t once = run.executor.used_memory_bytes();
  for (int i = 0; i < 5; ++i) EXPECT_EQ(run("DEBUG LOADAOF"), "OK");
  const uint64_t later = run.executor.used_memory_bytes();
  EXPECT_LT(later, once + once / 10);
  EXPECT_GT(later, once - once / 10);
}

TEST_F(LogReloads, of_a_damaged_log_change_nothing) {
  run("SET a 1");
  run("SET b 2");
  ASSERT_EQ(run("DEBUG LOADAOF"), "OK");
  const std::string sound = *read_file(disk, increment());
  std::string damaged = sound;
  damaged[sound.find("SET")] = 'X';
  for (const std::string& bytes : {damaged, sound.substr(0, sound.size() - 3)}) {
    overwrite(increment(), bytes);
    const std::string answer = run("DEBUG LOADAOF");
    EXPECT_TRUE(answer.starts_with("(error) ERR " + increment() + " is damaged at byte ")) << answer;
    EXPECT_EQ(run("MGET a b"), "1) \"1\"\n2) \"2\"");
    EXPECT_EQ(field(run, "loading"), "0");
    EXPECT_EQ(*read_file(disk, increment()), bytes);
  }
  overwrite(increment(), sound);
  EXPECT_EQ(run("SET c 3"), "OK");
  EXPECT_EQ(run("DEBUG LOADAOF"), "OK");
  EXPECT_EQ(run("MGET a b c"), "1) \"1\"\n2) \"2\"\n3) \"3\"");
}

TEST_F(LogReloads, of_a_log_without_its_base_change_nothing) {
  run("SET a 1");
  const std::string base = log_file(".base.rdb");
  std::filesystem::rename(base, base + ".away");
  EXPECT_TRUE(run("DEBUG LOADAOF").starts_with("(error) ERR " + base + " is missing"));
  EXPECT_EQ(run("GET a"), "\"1\"");
  std::filesystem::rename(base + ".away", base);
  EXPECT_EQ(run("DEBUG LOADAOF"), "OK");
}

// The disk gives up when the data is gone. What is left must be taken for nothing: neither served, nor saved.
TEST_F(LogReloads, that_stop_half_way_refuse_commands_until_one_succeeds) {
  run("SET a 1");
  run("SAVE");
  const std::string snapshot = *read_file(disk, directory + "/dump.rdb");
  const std::string digest = digest_of(run);
  bool stopped_half_way = false;
  for (int i = 0;; ++i) {
    disk.failing = "open_for_reading";
    disk.failures_after = i;
    const std::string answer = run("DEBUG LOADAOF");
    disk.failing.clear();
    if (answer == "OK") break;
    EXPECT_TRUE(answer.starts_with("(error) ERR cannot open_for_reading: No space left on device")) << answer;
    if (!answer.ends_with("is in the log: commands are refused until DEBUG LOADAOF loads it, or the next start")) {
      EXPECT_EQ(run("GET a"), "\"1\"");
      continue;
    }
    stopped_half_way = true;
    for (const char* command : {"GET a", "SET b 1", "SAVE", "BGREWRITEAOF"}) {
      EXPECT_TRUE(run(command).starts_with("(error) LOADING")) << command;
    }
    EXPECT_EQ(run("DEBUG RELOAD"), "(error) ERR The data is not loaded yet");
    EXPECT_EQ(run.executor.persistence().finish(true), std::nullopt);
    EXPECT_EQ(*read_file(disk, directory + "/dump.rdb"), snapshot);
    EXPECT_EQ(run("DEBUG LOADAOF"), "OK");
    EXPECT_EQ(digest_of(run), digest);
    EXPECT_EQ(run("GET a"), "\"1\"");
  }
  EXPECT_TRUE(stopped_half_way);
  run("SET b 2");
  EXPECT_EQ(digest_after_restart(), digest_of(run));
}

TEST_F(LogReloads, of_a_log_that_cannot_be_written_change_nothing) {
  run("SET a 1");
  disk.failing = "append";
  disk.failures_after = 0;
  EXPECT_EQ(run("DEBUG LOADAOF"), "(error) ERR the log cannot be written: cannot append: No space left on device");
  EXPECT_EQ(run("GET a"), "\"1\"");
  disk.failing.clear();
  run.executor.persistence().log()->flush();
  EXPECT_EQ(run("DEBUG LOADAOF"), "OK");
  EXPECT_EQ(run("GET a"), "\"1\"");
}

TEST_F(LogReloads, are_refused_where_they_would_lose_something) {
  EXPECT_EQ(run("DEBUG LOADAOF now"), "(error) ERR unknown subcommand or wrong number of arguments for 'LOADAOF'. Try "
                                      "DEBUG HELP.");
  run("MULTI");
  run("SET a 1");
  run("DEBUG LOADAOF");
  EXPECT_EQ(run("EXEC"), "1) OK\n2) (error) ERR DEBUG LOADAOF is not allowed in a transaction");
  EXPECT_EQ(run("GET a"), "\"1\"");
  CommandTester without_log;
  use(without_log);
  allow_debug(without_log);
  without_log("SET a 1");
  EXPECT_EQ(without_log("DEBUG LOADAOF"), "(error) ERR There is no log: appendonly is no");
  EXPECT_EQ(without_log("GET a"), "\"1\"");
  CommandTester in_memory;
  allow_debug(in_memory);
  EXPECT_EQ(in_memory("DEBUG LOADAOF"), "(error) ERR This store keeps its data in memory only");
}

TEST_F(LogReloads, come_after_a_save_or_a_rewrite_that_is_running) {
  Persistence& persistence = run.executor.persistence();
  persistence.use_disk(disk, Persistence::Background::by_hand);
  run("SET a 1");
  run("BGSAVE");
  EXPECT_EQ(run("DEBUG LOADAOF"), "(error) ERR Background save already in progress");
  persistence.run_job();
  run("BGREWRITEAOF");
  EXPECT_EQ(run("DEBUG LOADAOF"), "(error) ERR Background append only file rewriting already in progress");
  persistence.run_job();
  EXPECT_EQ(run("DEBUG LOADAOF"), "OK");
  EXPECT_EQ(run("GET a"), "\"1\"");
}

TEST_F(LogReloads, tell_the_clients_that_watch_or_keep_a_copy) {
  TestClient watcher(run.executor), reader(run.executor), listener(run.executor);
  run("SET a 1");
  watcher("WATCH a");
  reader("HELLO 3");
  reader("CLIENT TRACKING ON");
  reader("GET a");
  run("CONFIG SET notify-keyspace-events KEA");
  listener("PSUBSCRIBE *");
  listener.heard();
  EXPECT_EQ(run("DEBUG LOADAOF"), "OK");
  EXPECT_EQ(reader.heard(), "invalidate (nil)");
  EXPECT_EQ(listener.heard(), "");  // nothing has happened to keys
  watcher("MULTI");
  watcher("GET a");
  EXPECT_EQ(watcher("EXEC"), "(nil)");
  watcher("WATCH nothing");
  EXPECT_EQ(run("DEBUG LOADAOF"), "OK");
  watcher("MULTI");
  watcher("GET a");
  EXPECT_EQ(watcher("EXEC"), "1) \"1\"");
}

// On its way through the log the list is there now and then.
TEST_F(LogReloads, serve_who_waits_with_what_there_is_in_the_end) {
  run("RPUSH jobs 1");
  run("LPOP jobs");
  TestClient worker(run.executor);
  worker("BLPOP jobs 0");
  EXPECT_EQ(run("DEBUG LOADAOF"), "OK");
  EXPECT_EQ(worker.late, "");
  run("SAVE");
  run("SELECT 1");
  run("RPUSH jobs 2");
  run("DEBUG RELOAD NOSAVE");
  TestClient other(run.executor);
  other("SELECT 1");
  other("BLPOP jobs 0");
  EXPECT_EQ(run("DEBUG LOADAOF"), "OK");
  EXPECT_EQ(worker.late, "");
  EXPECT_EQ(other.late, "1) \"jobs\"\n2) \"2\"");
  EXPECT_EQ(run("LLEN jobs"), "(integer) 0");
  EXPECT_EQ(digest_after_restart(), digest_of(run));
}

TEST_F(LogReloads, lose_nothing_of_what_others_write_meanwhile) {
  constexpr int kThreads = 3, kWrites = 3000;
  std::atomic<int> running{kThreads};
  std::vector<std::thread> threads;
  for (int thread = 0; thread < kThreads; ++thread) {
    threads.emplace_back([this, thread, &running] {
      TestClient client(run.executor);
      for (int i = 0; i < kWrites; ++i) {
        client("INCR all");
        client("RPUSH list:" + std::to_string(thread) + " " + std::to_string(i));
      }
      --running;
    });
  }
  while (running > 0) ASSERT_EQ(run("DEBUG LOADAOF"), "OK");
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(run("GET all"), "\"" + std::to_string(kThreads * kWrites) + "\"");
  EXPECT_EQ(run("LLEN list:1"), "(integer) " + std::to_string(kWrites));
  EXPECT_EQ(digest_after_restart(), digest_of(run));
}

}  // namespace
}  // namespace redstart
