// The log of a store on a disk that fails, or from which somebody takes files. Nothing runs in the background.
#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <functional>
#include <optional>
#include <string>

#include "durability/log/log.h"
#include "execution/command_tester.h"
#include "execution/config.h"
#include "execution/failing_disk.h"
#include "execution/persistence.h"

namespace redstart {
namespace {

constexpr int64_t kPauseMs = 5000;  // after which what has failed is tried again

class Logs : public testing::Test {
 protected:
  Logs() {
    std::filesystem::remove_all(directory);
    std::filesystem::create_directories(directory);
  }
  ~Logs() override { std::filesystem::remove_all(directory); }

  // Returns what is wrong.
  std::optional<std::string> open(CommandTester& run, const std::string& appendonly = "yes") {
    run("CONFIG SET save '' appendfsync always");
    run.executor.config().force("dir", directory);
    run.executor.config().force("appendonly", appendonly);
    run.executor.persistence().use_disk(disk, Persistence::Background::by_hand);
    return run.executor.persistence().load();
  }
  static void begin_log(CommandTester& run) {
    run.executor.config().force("appendonly", "yes");
    EXPECT_EQ(run.executor.persistence().follow_appendonly(), std::nullopt);
  }
  // What the background threads would do in some seconds.
  static void let_time_pass(CommandTester& run) {
    run.clock.advance_ms(kPauseMs);
    if (Log* log = run.executor.persistence().log()) log->flush();
    run.executor.tick();
    run.executor.persistence().run_job();
    if (Log* log = run.executor.persistence().log()) log->flush();
  }
  // What a test has set to 1, 2 and 3.
  void expect_all_three_are_loaded() {
    CommandTester other;
    ASSERT_EQ(open(other), std::nullopt);
    EXPECT_EQ(other("MGET a b c"), "1) \"1\"\n2) \"2\"\n3) \"3\"");
  }
  static bool is_on_disk(CommandTester& run) {
    return run.executor.persistence().is_synced(run.session().own_log_position);
  }
  static std::string field(CommandTester& run, const std::string& name) {
    const std::string info = run.reply("INFO persistence").text();
    const size_t at = info.find(name + ":") + name.size() + 1;
    return info.substr(at, info.find("\r\n", at) - at);
  }
  std::string log_file(const std::string& ending) const {
    for (const auto& entry : std::filesystem::directory_iterator(directory + "/appendonlydir")) {
      if (entry.path().string().ends_with(ending)) return entry.path();
    }
    return {};
  }

  const std::string directory = testing::TempDir() + "redstart_logs_" + std::to_string(::getpid());
  FailingDisk disk;
};

// Else every writer would be executed and then disconnected until the flusher's next round.
TEST_F(Logs, refuse_writes_as_soon_as_one_has_failed) {
  CommandTester run;
  ASSERT_EQ(open(run), std::nullopt);
  run("SET a 1");
  Log& log = *run.executor.persistence().log();
  log.write_out(log.end());
  EXPECT_EQ(log.written(), log.end());
  disk.failing = "append";
  run("SET b 2");
  log.write_out(log.end());
  EXPECT_TRUE(run("SET c 3").starts_with("(error) MISCONF Errors writing to the AOF file: "));
  EXPECT_EQ(run("GET a"), "\"1\"");
  disk.failing.clear();
  let_time_pass(run);
  EXPECT_EQ(run("SET c 3"), "OK");
  let_time_pass(run);
  EXPECT_TRUE(is_on_disk(run));
}

TEST_F(Logs, go_on_after_a_sync_that_failed) {
  {
    CommandTester run;
    ASSERT_EQ(open(run), std::nullopt);
    run("SET a 1");
    let_time_pass(run);
    EXPECT_TRUE(is_on_disk(run));
    disk.failing = "sync";
    run("SET b 2");
    run.executor.persistence().log()->flush();
    EXPECT_FALSE(is_on_disk(run));
    EXPECT_TRUE(run("SET c 3").starts_with("(error) MISCONF Errors writing to the AOF file: cannot sync"));
    disk.failing.clear();
    let_time_pass(run);
    EXPECT_TRUE(is_on_disk(run));
    const std::string rewrites = field(run, "aof_rewrites");
    for (int i = 0; i < 5; ++i) {
      EXPECT_EQ(run("SET c " + std::to_string(i)), "OK");
      let_time_pass(run);
      EXPECT_TRUE(is_on_disk(run));
    }
    EXPECT_EQ(field(run, "aof_rewrites"), rewrites);
  }
  CommandTester other;
  ASSERT_EQ(open(other), std::nullopt);
  EXPECT_EQ(other("MGET a b c"), "1) \"1\"\n2) \"2\"\n3) \"4\"");
}

// What is in the log is worth nothing before that on which it stands is on disk.
TEST_F(Logs, promise_nothing_before_their_first_base) {
  {
    CommandTester run;
    ASSERT_EQ(open(run, "no"), std::nullopt);
    run("SET early 1");
    disk.failing = "rename";
    begin_log(run);
    let_time_pass(run);
    EXPECT_FALSE(is_on_disk(run));  // nor is what was before the log
    EXPECT_EQ(run("SET late 2"), "OK");
    let_time_pass(run);
    EXPECT_FALSE(is_on_disk(run));
    EXPECT_EQ(run.executor.persistence().reply_durability(), Durability::written);
    disk.failing.clear();
    let_time_pass(run);
    EXPECT_TRUE(is_on_disk(run));
    EXPECT_EQ(run.executor.persistence().reply_durability(), Durability::synced);
  }
  CommandTester other;
  ASSERT_EQ(open(other), std::nullopt);
  EXPECT_EQ(other("MGET early late"), "1) \"1\"\n2) \"2\"");
}

TEST_F(Logs, get_their_first_base_when_the_store_is_closed_before) {
  {
    CommandTester run;
    ASSERT_EQ(open(run, "no"), std::nullopt);
    disk.failing = "rename";
    begin_log(run);
    let_time_pass(run);
    run("SET a 1");
    disk.failing.clear();
    EXPECT_EQ(run.executor.persistence().finish(false), std::nullopt);
  }
  CommandTester other;
  ASSERT_EQ(open(other), std::nullopt);
  EXPECT_EQ(other("GET a"), "\"1\"");
}

// Whoever waits for what will not come is told so.
TEST_F(Logs, that_end_before_their_first_base_let_nobody_wait) {
  CommandTester run;
  ASSERT_EQ(open(run, "no"), std::nullopt);
  disk.failing = "rename";
  begin_log(run);
  let_time_pass(run);
  run("SET a 1");
  Log* log = run.executor.persistence().log();
  run.executor.config().force("appendonly", "no");
  disk.failing.clear();
  let_time_pass(run);
  EXPECT_EQ(run.executor.persistence().log(), nullptr);
  EXPECT_FALSE(log->wait(log->end(), Durability::synced, std::nullopt));
}

TEST_F(Logs, are_written_anew_when_files_are_taken_away) {
  namespace fs = std::filesystem;
  const std::function<void()> accidents[] = {
      [&] { fs::remove(log_file(".incr.aof")); },
      [&] { fs::remove(log_file(".manifest")); },
      [&] { fs::remove_all(directory + "/appendonlydir"); },
      [&] { fs::resize_file(log_file(".incr.aof"), 0); },
      [&] { fs::rename(log_file(".incr.aof"), directory + "/elsewhere"); },
      [&] { fs::remove(log_file(".base.rdb")); },
      [&] { fs::resize_file(log_file(".base.rdb"), 20); },
  };
  for (const auto& accident : accidents) {
    SCOPED_TRACE(&accident - accidents);
    fs::remove_all(directory);
    fs::create_directories(directory);
    {
      CommandTester run;
      ASSERT_EQ(open(run), std::nullopt);
      run("SET a 1");
      let_time_pass(run);
      accident();
      run("SET b 2");
      let_time_pass(run);
      EXPECT_EQ(run("SET c 3"), "OK");
      let_time_pass(run);
      EXPECT_TRUE(is_on_disk(run));
    }
    expect_all_three_are_loaded();
  }
}

// They are those of rewrites that failed: what is written last stands in another.
TEST_F(Logs, are_written_anew_when_a_file_is_cut_that_is_not_written_any_more) {
  {
    CommandTester run;
    ASSERT_EQ(open(run), std::nullopt);
    run("SET a 1");
    let_time_pass(run);
    disk.failing = "rename";
    disk.failures_after = 1;  // that of the manifest is before that of the base
    run("BGREWRITEAOF");
    let_time_pass(run);
    EXPECT_EQ(field(run, "aof_last_bgrewrite_status"), "err");
    disk.failing.clear();
    run("SET b 2");
    run.executor.persistence().finish(false);
  }
  const std::string first = directory + "/appendonlydir/appendonly.aof.1.incr.aof";
  {
    CommandTester run;
    ASSERT_EQ(open(run), std::nullopt);
    EXPECT_EQ(run("MGET a b"), "1) \"1\"\n2) \"2\"");
    run("SET c 3");
    let_time_pass(run);
    ASSERT_EQ(field(run, "aof_last_write_status"), "ok");
    std::filesystem::resize_file(first, std::filesystem::file_size(first) - 1);
    let_time_pass(run);
    EXPECT_FALSE(std::filesystem::exists(first));
    EXPECT_TRUE(is_on_disk(run));
  }
  expect_all_three_are_loaded();
}

TEST_F(Logs, look_at_their_files_once_a_second) {
  CommandTester run;
  ASSERT_EQ(open(run), std::nullopt);
  run.clock.advance_ms(5000);
  run.executor.tick();
  disk.questions = 0;
  constexpr int kSeconds = 3, kFiles = 3;
  for (int i = 0; i < kSeconds * 10; ++i) {
    run.clock.advance_ms(100);
    run.executor.tick();
  }
  EXPECT_EQ(disk.questions, kSeconds * kFiles);
}

TEST_F(Logs, are_as_long_as_all_their_files) {
  CommandTester run;
  ASSERT_EQ(open(run), std::nullopt);
  run("SET a " + std::string(100'000, 'x'));
  let_time_pass(run);
  disk.failing = "rename";
  for (int i = 0; i < 3; ++i) {
    run("BGREWRITEAOF");
    let_time_pass(run);
    EXPECT_EQ(field(run, "aof_last_bgrewrite_status"), "err");
    EXPECT_GT(std::stoi(field(run, "aof_current_size")), 100'000);
  }
  disk.failing.clear();
  run("SET a short");
  run("BGREWRITEAOF");
  let_time_pass(run);
  EXPECT_EQ(field(run, "aof_last_bgrewrite_status"), "ok");
  EXPECT_LT(std::stoi(field(run, "aof_current_size")), 1000);
}

TEST_F(Logs, that_have_grown_are_rewritten_after_a_start) {
  {
    CommandTester run;
    ASSERT_EQ(open(run), std::nullopt);
    for (int i = 0; i < 2000; ++i) run("SET a " + std::to_string(i));
  }
  CommandTester other;
  ASSERT_EQ(open(other), std::nullopt);
  other("CONFIG SET auto-aof-rewrite-min-size 10000 auto-aof-rewrite-percentage 100");
  EXPECT_GT(std::stoi(field(other, "aof_current_size")), 2 * std::stoi(field(other, "aof_base_size")));
  let_time_pass(other);
  EXPECT_EQ(field(other, "aof_rewrites"), "1");
  EXPECT_LT(std::stoi(field(other, "aof_current_size")), 10'000);
}

}  // namespace
}  // namespace redstart
