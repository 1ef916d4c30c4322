// What a store refuses and says while its data cannot be saved: a directory stands in the snapshot's place.
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "execution/config.h"
#include "execution/persistence.h"
#include "execution/store_state.h"
#include "execution/test_client.h"

namespace redstart {
namespace {

// A clock whose wall time may be set while time goes on.
class AdjustableClock final : public Clock {
 public:
  int64_t unix_time_us() const override { return monotonic_ns_ / 1000 + wall_offset_us_; }
  int64_t monotonic_time_ns() const override { return monotonic_ns_; }
  void advance_ms(int64_t ms) { monotonic_ns_ += ms * 1'000'000; }
  void set_back_ms(int64_t ms) { wall_offset_us_ -= ms * 1000; }

 private:
  std::atomic<int64_t> monotonic_ns_{1'000'000'000'000};
  std::atomic<int64_t> wall_offset_us_{1'700'000'000'000'000};
};

constexpr int64_t kDayMs = 24 * 3600 * 1000;
constexpr std::string_view kMisconf = "MISCONF Redis is configured to save RDB snapshots";

class FailedSaves : public testing::Test {
 protected:
  FailedSaves() : executor(options(clock)), run(executor) {
    std::filesystem::remove_all(directory);
    std::filesystem::create_directories(directory);
    executor.config().force("dir", directory);
    executor.persistence().use_disk(real_disk());
    run("CONFIG SET save '3600 1'");
    run("SET key value");
  }
  ~FailedSaves() override { std::filesystem::remove_all(directory); }

  void let_saves_fail() {
    let_saves_succeed();
    std::filesystem::create_directories(directory + "/dump.rdb/taken");
  }
  void let_saves_succeed() { std::filesystem::remove_all(directory + "/dump.rdb"); }
  void fail_a_save() {
    let_saves_fail();
    ASSERT_TRUE(run("SAVE").starts_with("(error) ERR cannot rename"));
  }
  void tick_after_ms(int64_t ms) {
    clock.advance_ms(ms);
    executor.tick();
    executor.persistence().wait_for_job();
  }
  std::string field(const std::string& name) {
    const std::string info = run.reply("INFO persistence").text();
    const size_t at = info.find("\r\n" + name + ":");
    if (at == std::string::npos) return "(none)";
    const size_t begin = at + name.size() + 3;
    return info.substr(begin, info.find("\r\n", begin) - begin);
  }
  bool is_refused(const std::string& line) { return run(line).starts_with("(error) " + std::string(kMisconf)); }

  static Executor::Options options(const Clock& clock) {
    Executor::Options result;
    result.clock = &clock;
    return result;
  }

  const std::string directory = testing::TempDir() + "redstart_failed_saves_" + std::to_string(::getpid());
  AdjustableClock clock;
  Executor executor;
  TestClient run;
};

// --- What is refused, as redis-server 7.0.15 does

TEST_F(FailedSaves, refuse_the_writes_of_scripts) {
  fail_a_save();
  EXPECT_TRUE(is_refused("EVAL 'return redis.call(\"set\", \"key\", \"other\")' 0"));
  EXPECT_TRUE(is_refused("EVAL 'return redis.pcall(\"set\", \"key\", \"other\")' 0"));
  EXPECT_TRUE(is_refused("EVAL 'return redis.pcall(\"getex\", \"key\")' 0"));
  const std::string error = run("EVAL 'return redis.pcall(\"set\", \"key\", \"other\").err' 0");
  EXPECT_TRUE(error.starts_with("\"" + std::string(kMisconf))) << error;
  EXPECT_EQ(run("EVAL 'return redis.call(\"get\", \"key\")' 0"), "\"value\"");
  EXPECT_EQ(run("EVAL 'return redis.call(\"ping\")' 0"), "PONG");
  EXPECT_EQ(run("EVAL 'return redis.call(\"publish\", \"channel\", \"text\")' 0"), "(integer) 0");
  EXPECT_EQ(run("GET key"), "\"value\"");
  let_saves_succeed();
  EXPECT_EQ(run("SAVE"), "OK");
  EXPECT_EQ(run("EVAL 'return redis.call(\"set\", \"key\", \"other\")' 0"), "OK");
}

TEST_F(FailedSaves, refuse_scripts_whose_flags_do_not_rule_writes_out) {
  const std::string reads = "EVAL '#!lua flags=no-writes\nreturn redis.call(\"get\", \"key\")' 0";
  const std::string may_write = "EVAL '#!lua\nreturn redis.call(\"get\", \"key\")' 0";
  EXPECT_EQ(run(may_write), "\"value\"");
  fail_a_save();
  EXPECT_EQ(run(reads), "\"value\"");
  EXPECT_TRUE(is_refused(may_write));
  EXPECT_TRUE(is_refused("EVAL '#!lua flags=allow-oom\nreturn 1' 0"));
  EXPECT_TRUE(is_refused("EVAL_RO '#!lua\nreturn 1' 0"));
  const std::string sha = "EVALSHA c0ffee0000000000000000000000000000000000 0";
  EXPECT_TRUE(run(sha).starts_with("(error) NOSCRIPT"));
}

TEST_F(FailedSaves, refuse_functions_whose_flags_do_not_rule_writes_out) {
  const std::string get = "function() return redis.call(\"get\", \"key\") end";
  EXPECT_EQ(run("FUNCTION LOAD '#!lua name=lib\nredis.register_function(\"may_write\", " + get +
                ")\nredis.register_function{function_name=\"reads\", callback=" + get + ", flags={\"no-writes\"}}'"),
            "\"lib\"");
  fail_a_save();
  EXPECT_EQ(run("FCALL reads 0"), "\"value\"");
  EXPECT_EQ(run("FCALL_RO reads 0"), "\"value\"");
  EXPECT_TRUE(is_refused("FCALL may_write 0"));
  EXPECT_TRUE(is_refused("FCALL_RO may_write 0"));
  EXPECT_EQ(run("FCALL none 0"), "(error) ERR Function not found");
}

TEST_F(FailedSaves, refuse_transactions_that_were_queued_before) {
  TestClient other(executor);
  const std::string aborted = "(error) EXECABORT Transaction discarded because of: " + std::string(kMisconf);
  for (const std::string& queued : {std::string("SET key other"), std::string("EVAL '#!lua\nreturn 1' 0")}) {
    let_saves_succeed();
    ASSERT_EQ(run("SAVE"), "OK");
    other("MULTI");
    ASSERT_EQ(other(queued), "QUEUED");
    ASSERT_EQ(other("GET key"), "QUEUED");
    fail_a_save();
    EXPECT_TRUE(other("EXEC").starts_with(aborted)) << queued;
  }
  run("MULTI");
  EXPECT_EQ(run("GET key"), "QUEUED");
  EXPECT_EQ(run("EVAL 'return redis.pcall(\"set\", \"key\", \"other\").err' 0"), "QUEUED");
  const std::string replies = run("EXEC");
  EXPECT_TRUE(replies.starts_with("1) \"value\"\n2) \"" + std::string(kMisconf))) << replies;
  run("MULTI");
  EXPECT_TRUE(is_refused("EVAL '#!lua\nreturn 1' 0"));
  EXPECT_EQ(run("EXEC"), "(error) EXECABORT Transaction discarded because of previous errors.");
  EXPECT_EQ(run("GET key"), "\"value\"");
}

// --- What is said of it

TEST_F(FailedSaves, say_why) {
  EXPECT_EQ(field("rdb_last_bgsave_error"), "(none)");
  fail_a_save();
  const std::string why = field("rdb_last_bgsave_error");
  EXPECT_TRUE(why.starts_with("cannot rename " + directory)) << why;
  EXPECT_TRUE(why.ends_with(": Is a directory")) << why;
  EXPECT_TRUE(run("SET key other").ends_with("details about the RDB error. The last save: " + why));
  const std::string in_script = run("EVAL 'return redis.pcall(\"set\", \"key\", \"other\")' 0");
  EXPECT_TRUE(in_script.ends_with("The last save: " + why)) << in_script;
  let_saves_succeed();
  EXPECT_EQ(run("SAVE"), "OK");
  EXPECT_EQ(field("rdb_last_bgsave_error"), "(none)");
}

TEST_F(FailedSaves, like_failed_rewrites_say_why) {
  const auto rewrite = [&] {
    run("BGREWRITEAOF");
    executor.persistence().wait_for_job();
  };
  rewrite();
  ASSERT_EQ(field("aof_last_bgrewrite_status"), "ok");
  const std::string second_base = directory + "/appendonlydir/appendonly.aof.2.base.rdb";
  std::filesystem::create_directories(second_base + "/taken");
  rewrite();
  EXPECT_EQ(field("aof_last_bgrewrite_status"), "err");
  const std::string why = field("aof_last_bgrewrite_error");
  EXPECT_TRUE(why.ends_with(" to " + second_base + ": Is a directory")) << why;
  rewrite();
  EXPECT_EQ(field("aof_last_bgrewrite_status"), "ok");
  EXPECT_EQ(field("aof_last_bgrewrite_error"), "(none)");
}

// --- A clock that is set back

TEST_F(FailedSaves, do_not_wait_for_a_clock_that_was_set_back) {
  fail_a_save();
  let_saves_succeed();
  clock.set_back_ms(kDayMs);
  tick_after_ms(4000);  // what has failed is left alone for a while
  EXPECT_TRUE(is_refused("SET key other"));
  run("CONFIG SET save '1 1'");
  tick_after_ms(2000);
  EXPECT_EQ(field("rdb_saves"), "1");
  EXPECT_EQ(run("SET key other"), "OK");
}

TEST_F(FailedSaves, leave_save_points_that_do_not_wait_for_a_clock_that_was_set_back) {
  run("CONFIG SET save '10 1'");
  ASSERT_EQ(run("SAVE"), "OK");
  run("SET key other");
  clock.set_back_ms(kDayMs);
  tick_after_ms(10'000);
  EXPECT_EQ(field("rdb_saves"), "1");
  tick_after_ms(1000);
  EXPECT_EQ(field("rdb_saves"), "2");
}

// --- While the log is rewritten

class Rewrites : public FailedSaves {
 protected:
  Rewrites() {
    executor.persistence().use_disk(real_disk(), Persistence::Background::by_hand);
    executor.config().force("enable-debug-command", "yes");
    EXPECT_EQ(run("BGREWRITEAOF"), "Background append only file rewriting started");
    EXPECT_EQ(field("aof_rewrite_in_progress"), "1");
  }
};

TEST_F(Rewrites, are_waited_for_by_a_save) {
  EXPECT_EQ(run("SAVE"), "OK");
  EXPECT_EQ(field("aof_rewrites"), "1");
  EXPECT_EQ(field("rdb_saves"), "1");
}

TEST_F(Rewrites, refuse_a_save_that_nobody_waits_for) {
  EXPECT_TRUE(run("BGSAVE").starts_with("(error) ERR Another child process is active (AOF?)"));
  EXPECT_TRUE(run("DEBUG RELOAD").starts_with("(error) ERR The log is being rewritten: "));
  EXPECT_EQ(run("GET key"), "\"value\"");
  executor.persistence().wait_for_job();
  EXPECT_EQ(run("DEBUG RELOAD"), "OK");
  EXPECT_EQ(run("GET key"), "\"value\"");
}

// The rewrite ends while the save waits for it.
TEST_F(FailedSaves, do_not_come_of_a_rewrite_that_is_running) {
  for (int i = 0; i < 20'000; ++i) run("SET key:" + std::to_string(i) + " value");
  for (int i = 0; i < 5; ++i) {
    ASSERT_EQ(run("BGREWRITEAOF"), "Background append only file rewriting started");
    EXPECT_EQ(run("SAVE"), "OK");
    executor.persistence().wait_for_job();
  }
  EXPECT_EQ(field("aof_rewrites"), "5");
  EXPECT_EQ(field("rdb_saves"), "5");
}

// --- What the log says

class Logged : public FailedSaves {
 protected:
  Logged() {
    executor.state().on_log([this](LogLevel level, const std::string& line) {
      lines.push_back((level == LogLevel::warning ? "warning: " : "") + line);
    });
    executor.persistence().use_disk(real_disk(), Persistence::Background::by_hand);
  }
  std::vector<std::string> lines;
};

TEST_F(Logged, saves_that_were_cancelled_are_no_failures) {
  run("BGSAVE");
  EXPECT_EQ(run("BGSAVE CANCEL"), "Background saving cancelled");
  EXPECT_EQ(run("BGSAVE CANCEL"), "(error) ERR Background save is currently not in progress or scheduled");
  executor.persistence().wait_for_job();
  EXPECT_EQ(lines, std::vector<std::string>{"the save was cancelled"});
  EXPECT_EQ(field("rdb_last_bgsave_status"), "ok");
}

TEST_F(Logged, shutdowns_that_fail_say_why_without_a_code) {
  executor.state().on_shutdown([] {});
  let_saves_fail();
  EXPECT_EQ(run("SHUTDOWN"), "(error) ERR Errors trying to SHUTDOWN. Check logs.");
  ASSERT_EQ(lines.size(), 2u);
  EXPECT_TRUE(lines[0].starts_with("warning: the data could not be saved: cannot rename")) << lines[0];
  EXPECT_TRUE(lines[1].starts_with("warning: no shutdown: cannot rename")) << lines[1];
}

TEST_F(Logged, numbers_of_keys_are_told_as_people_say_them) {
  ASSERT_EQ(run("SAVE"), "OK");
  run("FLUSHALL");
  EXPECT_EQ(executor.persistence().load(), std::nullopt);
  EXPECT_EQ(lines.back(), "loaded 1 key from " + directory + "/dump.rdb");
}

// --- What killed saves leave

// The number of a process that has ended.
pid_t ended_process() {
  const pid_t process = ::fork();
  if (process == 0) ::_exit(0);
  ::waitpid(process, nullptr, 0);
  return process;
}

TEST_F(FailedSaves, that_were_killed_leave_nothing_once_their_process_has_ended) {
  const std::string ended = std::to_string(ended_process()), living = std::to_string(::getppid());
  const std::string abandoned = "temp-redstart-" + ended + ".rdb";
  const std::string kept[] = {"temp-redstart-" + living + ".rdb", "temp-" + ended + ".rdb", "temp-redstart-.rdb",
                              "temp-redstart-0.rdb", "temp-redstart-mine.rdb", abandoned + ".copy"};
  const auto write = [&](const std::string& name) { std::ofstream(directory + "/" + name) << "REDIS0010"; };
  write(abandoned);
  for (const std::string& name : kept) write(name);
  std::vector<std::string> lines;
  executor.state().on_log([&](LogLevel, const std::string& line) { lines.push_back(line); });
  EXPECT_EQ(executor.persistence().load(), std::nullopt);
  EXPECT_FALSE(std::filesystem::exists(directory + "/" + abandoned));
  for (const std::string& name : kept) EXPECT_TRUE(std::filesystem::exists(directory + "/" + name)) << name;
  ASSERT_EQ(lines.size(), 1u);
  EXPECT_TRUE(lines[0].starts_with("removed " + abandoned)) << lines[0];
}

}  // namespace
}  // namespace redstart
