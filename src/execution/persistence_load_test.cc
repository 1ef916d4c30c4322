#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>

#include "base/disk.h"
#include "durability/snapshot/file.h"
#include "execution/command_tester.h"
#include "execution/config.h"
#include "execution/persistence.h"
#include "execution/store_state.h"
#include "execution/test_client.h"

namespace redstart {
namespace {

class Loads : public testing::Test {
 protected:
  Loads() {
    std::filesystem::remove_all(directory);
    std::filesystem::create_directories(directory);
  }
  ~Loads() override { std::filesystem::remove_all(directory); }

  // Returns what is wrong.
  using Background = Persistence::Background;
  std::optional<std::string> open(CommandTester& tester, const std::string& appendonly,
                                  Background background = Background::threads) {
    tester("CONFIG SET save ''");
    tester.executor.state().on_log([this](LogLevel, const std::string& line) { lines += line + "\n"; });
    Config& config = tester.executor.config();
    Persistence& persistence = tester.executor.persistence();
    config.force("dir", directory);
    config.force("appendonly", appendonly);
    config.force("appendfsync", "no");
    config.on_change("appendonly", [&persistence] { return persistence.follow_appendonly(); });
    persistence.use_disk(real_disk(), background);
    return tester.executor.persistence().load();
  }
  void write_log() {
    CommandTester tester;
    ASSERT_EQ(open(tester, "yes"), std::nullopt);
    tester("SET key value");
  }
  void begin_log(CommandTester& tester) {
    tester.clock.advance_ms(1000);
    tester.executor.tick();
    tester.executor.persistence().wait_for_job();
  }
  std::string path(const std::string& name) const { return directory + "/appendonlydir/appendonly.aof" + name; }
  std::string contents(const std::string& name) { return read_file(real_disk(), path(name)).value_or("(none)"); }

  const std::string directory = testing::TempDir() + "redstart_loads_" + std::to_string(::getpid());
  std::string lines;
};

// It was replaced by an empty one.
TEST_F(Loads, keep_a_log_whose_manifest_is_gone) {
  write_log();
  const std::string increment = contents(".1.incr.aof");
  ASSERT_NE(increment.find("value"), std::string::npos);
  std::filesystem::remove(path(".manifest"));
  CommandTester tester;
  const auto error = open(tester, "yes");
  ASSERT_TRUE(error);
  EXPECT_NE(error->find("but no appendonly.aof.manifest"), std::string::npos) << *error;
  EXPECT_EQ(contents(".1.incr.aof"), increment);
}

// CONFIG SET appendonly yes once replaced it by what was in memory.
TEST_F(Loads, keep_a_log_that_they_were_not_to_read) {
  write_log();
  const std::string increment = contents(".1.incr.aof");
  {
    CommandTester tester;
    ASSERT_EQ(open(tester, "no"), std::nullopt);
    for (int i = 0; i < 2; ++i) {
      const std::string answer = tester("CONFIG SET appendonly yes");
      EXPECT_NE(answer.find("that was not loaded, and that a new one would replace"), std::string::npos) << answer;
      EXPECT_EQ(tester("CONFIG GET appendonly"), "1# \"appendonly\" => \"no\"");
      begin_log(tester);
    }
    tester("BGREWRITEAOF");
    tester.executor.persistence().wait_for_job();
    EXPECT_NE(lines.find("the log could not be rewritten: there is a log in"), std::string::npos) << lines;
  }
  EXPECT_EQ(contents(".1.incr.aof"), increment);
  CommandTester other;
  EXPECT_EQ(open(other, "yes"), std::nullopt);
  EXPECT_EQ(other("GET key"), "\"value\"");
}

TEST_F(Loads, know_the_log_that_they_have_read) {
  write_log();
  {
    CommandTester tester;
    ASSERT_EQ(open(tester, "yes"), std::nullopt);
    EXPECT_EQ(tester("CONFIG SET appendonly no"), "OK");
    begin_log(tester);
    tester("SET key other");
    EXPECT_EQ(tester("CONFIG SET appendonly yes"), "OK");
    begin_log(tester);
  }
  CommandTester other;
  EXPECT_EQ(open(other, "yes"), std::nullopt);
  EXPECT_EQ(other("GET key"), "\"other\"");
}

// There was a gap before the log began in which WAITAOF was refused, and INFO said that there was nothing to wait for.
TEST_F(Loads, let_clients_wait_for_a_log_from_when_it_is_wanted) {
  CommandTester tester;
  ASSERT_EQ(open(tester, "no", Background::by_hand), std::nullopt);
  tester("SET key value");
  EXPECT_TRUE(tester("WAITAOF 1 0 0").starts_with("(error) ERR WAITAOF cannot be used"));
  EXPECT_EQ(tester("CONFIG SET appendonly yes"), "OK");
  const std::string info = tester.reply("INFO persistence").text();
  EXPECT_NE(info.find("aof_enabled:1\r\naof_rewrite_in_progress:1\r\n"), std::string::npos) << info;
  TestClient client(tester.executor);
  EXPECT_EQ(client("WAITAOF 1 0 0"), "(no reply)");
  EXPECT_EQ(client.late, "");
  tester.executor.persistence().run_job();
  tester.executor.persistence().log()->flush();
  EXPECT_EQ(client.late, "1) (integer) 1\n2) (integer) 0");
}

TEST_F(Loads, end_the_wait_for_a_log_that_is_not_wanted_any_more) {
  CommandTester tester;
  ASSERT_EQ(open(tester, "no", Background::by_hand), std::nullopt);
  EXPECT_EQ(tester("CONFIG SET appendonly yes"), "OK");
  TestClient client(tester.executor);
  EXPECT_EQ(client("WAITAOF 1 0 0"), "(no reply)");
  EXPECT_EQ(tester("CONFIG SET appendonly no"), "OK");
  EXPECT_EQ(client.late, "1) (integer) 0\n2) (integer) 0");
  tester.executor.persistence().run_job();
  EXPECT_EQ(tester.executor.persistence().log(), nullptr);
}

// A base that was cut to nothing was taken for an empty log.
TEST_F(Loads, refuse_a_base_that_is_no_snapshot) {
  write_log();
  std::filesystem::resize_file(path(".1.base.rdb"), 0);
  CommandTester tester;
  const auto error = open(tester, "yes");
  ASSERT_TRUE(error);
  EXPECT_NE(error->find("is damaged: this is no snapshot"), std::string::npos) << *error;
}

TEST_F(Loads, say_that_a_log_is_not_loaded) {
  write_log();
  lines.clear();
  CommandTester tester;
  ASSERT_EQ(open(tester, "no"), std::nullopt);
  EXPECT_NE(lines.find("which is not loaded, since appendonly is no"), std::string::npos) << lines;
}

TEST_F(Loads, tell_how_far_they_are) {
  {
    CommandTester tester;
    ASSERT_EQ(open(tester, "no"), std::nullopt);
    tester("CONFIG SET rdbcompression no");
    for (int i = 0; i < 3; ++i) tester("SET key:" + std::to_string(i) + " " + std::string(3'000'000, 'x'));
    ASSERT_EQ(tester("SAVE"), "OK");
  }
  CommandTester tester;
  std::vector<Persistence::Status> seen;
  std::string told;
  tester.executor.config().force("dir", directory);
  tester.executor.persistence().use_disk(real_disk(), Background::by_hand);
  tester.executor.state().on_log([&](LogLevel, const std::string& line) {
    told += line + "\n";
    seen.push_back(tester.executor.persistence().status());
    tester.clock.advance_ms(6000);
  });
  ASSERT_EQ(tester.executor.persistence().load(), std::nullopt);
  EXPECT_NE(told.find("dump.rdb, written by version 7.0.15\nloaded 3000"), std::string::npos) << told;
  EXPECT_NE(told.find(" bytes (33 %)\n"), std::string::npos) << told;
  ASSERT_GE(seen.size(), 3u);
  EXPECT_EQ(seen.front().loaded_keys, 0u);
  EXPECT_GT(seen[2].loading_used_memory_bytes, 9'000'000u);
  const auto is_underway = [](const auto& status) { return status.loaded_keys == 1 || status.loaded_keys == 2; };
  EXPECT_TRUE(std::ranges::any_of(seen, is_underway));
}

// Without its first mark, a file that a crash tears again was taken for damaged.
TEST_F(Loads, mark_a_file_that_they_cut_off_altogether) {
  write_log();
  std::filesystem::resize_file(path(".1.incr.aof"), kFreshIncrement.size() - 3);
  CommandTester tester;
  ASSERT_EQ(open(tester, "yes", Background::by_hand), std::nullopt);
  EXPECT_TRUE(contents(".1.incr.aof").starts_with(kFreshIncrement));
}

// Whole writes behind a damaged byte went without a word.
TEST_F(Loads, keep_whole_writes_that_they_cut_off) {
  std::string bytes;
  {
    CommandTester tester;
    ASSERT_EQ(open(tester, "yes", Background::by_hand), std::nullopt);
    Persistence& persistence = tester.executor.persistence();
    for (int i = 0; i < 3; ++i) {
      tester("SET key:" + std::to_string(i) + " value");
      persistence.push_out({.written = persistence.log()->end(), .seen = persistence.log()->end()});
    }
    bytes = contents(".1.incr.aof");
  }
  const size_t damaged = bytes.find("key:1");
  ASSERT_NE(damaged, std::string::npos);
  bytes[damaged] ^= 1;
  ASSERT_TRUE((*real_disk().create(path(".1.incr.aof")))->append(bytes));
  CommandTester tester;
  lines.clear();
  ASSERT_EQ(open(tester, "yes"), std::nullopt);
  EXPECT_EQ(tester("MGET key:0 key:1 key:2"), "1) \"value\"\n2) (nil)\n3) (nil)");
  const size_t at = lines.find("they are kept in ");
  ASSERT_NE(at, std::string::npos) << lines;
  const std::string kept = lines.substr(at + 17, lines.find('\n', at) - at - 17);
  const auto tail = read_file(real_disk(), kept);
  ASSERT_TRUE(tail) << kept;
  EXPECT_TRUE(bytes.ends_with(*tail));
  EXPECT_NE(tail->find("key:2"), std::string::npos);
}

}  // namespace
}  // namespace redstart
