#include "durability/log/log.h"

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "durability/byte_source.h"
#include "durability/log/batch.h"
#include "durability/log/reader.h"

namespace redstart {
namespace {

// What the files of a test tell and are told.
struct Disk {
  std::mutex mutex;
  std::condition_variable changed;
  std::string bytes;
  std::vector<std::thread::id> syncs;  // who did them
  bool is_stopped = false;             // syncs wait until it is not
  bool fails = false;
  bool was_cut = false;                // by somebody else
  bool cannot_cut = false;
  std::optional<size_t> room;          // how many bytes more there is space for
  std::chrono::milliseconds sync_time{0};

  void wait_for_syncs(size_t count) {
    std::unique_lock lock(mutex);
    changed.wait(lock, [&] { return syncs.size() >= count; });
  }
  void go_on() {
    const std::lock_guard lock(mutex);
    is_stopped = false;
    changed.notify_all();
  }
};

class ToldFile final : public WritableFile {
 public:
  explicit ToldFile(Disk& disk) : disk_(disk) {}
  DiskResult<void> append(std::string_view bytes) override { return append(bytes, {}, {}); }
  DiskResult<void> append(std::string_view first, std::string_view second, std::string_view) override {
    const std::lock_guard lock(disk_.mutex);
    const std::string bytes = std::string(first).append(second);
    disk_.bytes.append(bytes, 0, disk_.room.value_or(bytes.size()));
    if (disk_.room && *disk_.room < bytes.size()) return std::unexpected(DiskError{28, "no space"});
    return {};
  }
  DiskResult<void> sync() override {
    std::unique_lock lock(disk_.mutex);
    disk_.syncs.push_back(std::this_thread::get_id());
    disk_.changed.notify_all();
    disk_.changed.wait(lock, [&] { return !disk_.is_stopped; });
    const bool fails = disk_.fails;
    lock.unlock();
    std::this_thread::sleep_for(disk_.sync_time);
    if (fails) return std::unexpected(DiskError{5, "cannot sync"});
    return {};
  }
  void write_back() override {}
  uint64_t size_bytes() const override {
    const std::lock_guard lock(disk_.mutex);
    return disk_.bytes.size();
  }
  DiskResult<void> truncate(uint64_t size_bytes) override {
    const std::lock_guard lock(disk_.mutex);
    if (disk_.cannot_cut) return std::unexpected(DiskError{5, "cannot shorten"});
    disk_.bytes.resize(size_bytes);
    return {};
  }
  DiskResult<void> still_whole() override {
    if (disk_.was_cut) return std::unexpected(DiskError{5, "was cut short"});
    return {};
  }
  DiskResult<void> reserve(uint64_t, std::string_view) override { return {}; }
  uint64_t reserved_bytes() const override { return 0; }

 private:
  Disk& disk_;
};

std::unique_ptr<Log> open_log(Disk& disk, Log::OnProgress on_progress = [] {}) {
  return std::make_unique<Log>(std::make_unique<ToldFile>(disk), 0, FsyncPolicy::always, Log::Flusher::thread,
                               std::move(on_progress));
}

std::unique_ptr<Log> open_log_by_hand(Disk& disk, Log::OnProgress on_progress = [] {}) {
  return std::make_unique<Log>(std::make_unique<ToldFile>(disk), 0, FsyncPolicy::everysec, Log::Flusher::by_hand,
                               std::move(on_progress));
}

TEST(Log, tells_whoever_waits_that_a_sync_has_failed) {
  Disk disk;
  std::atomic<int> told{0};
  auto log = open_log(disk, [&] { ++told; });
  disk.fails = true;
  const uint64_t position = log->append(0, 0, "PING\r\n");
  log->sync_out(position);
  EXPECT_LT(log->synced(), position);
  EXPECT_TRUE(log->is_broken());
  EXPECT_EQ(told, 1);
  EXPECT_FALSE(log->wait(position, Durability::synced, std::nullopt));
}

TEST(Log, tells_whoever_waits_that_going_on_to_another_file_has_synced_the_one_before) {
  Disk old_disk, new_disk;
  int told = 0;
  auto log = open_log_by_hand(old_disk, [&] { ++told; });
  const uint64_t position = log->append(0, 0, "PING\r\n");
  log->request_sync();
  log->switch_file(std::make_unique<ToldFile>(new_disk));
  log->write_out(position);
  ASSERT_EQ(log->synced(), position);
  EXPECT_EQ(told, 0);
  log->flush();
  EXPECT_EQ(told, 1);
}

TEST(Log, is_mended_by_a_snapshot_of_what_stood_in_the_broken_file) {
  Disk old_disk, new_disk;
  auto log = open_log(old_disk);
  old_disk.fails = true;
  log->sync_out(log->append(0, 0, "PING\r\n"));
  ASSERT_TRUE(log->is_broken());
  const uint64_t cut = log->switch_file(std::make_unique<ToldFile>(new_disk));
  log->mend(cut);
  EXPECT_FALSE(log->is_broken());
  EXPECT_FALSE(log->failure());
  EXPECT_EQ(log->synced(), cut);
  old_disk.fails = false;
  const uint64_t position = log->append(0, 0, "PING\r\n");
  log->sync_out(position);
  EXPECT_EQ(log->synced(), position);
}

TEST(Log, stays_broken_when_the_file_behind_the_snapshot_is_the_broken_one) {
  Disk old_disk, new_disk, third_disk;
  auto log = open_log(old_disk);
  log->sync_out(log->append(0, 0, "PING\r\n"));
  const uint64_t cut = log->switch_file(std::make_unique<ToldFile>(new_disk));
  new_disk.fails = true;
  log->sync_out(log->append(0, 0, "PING\r\n"));
  ASSERT_TRUE(log->is_broken());
  new_disk.fails = false;
  log->mend(cut);
  EXPECT_TRUE(log->is_broken());
  EXPECT_TRUE(log->failure());
  EXPECT_EQ(log->synced(), cut);
  EXPECT_FALSE(log->wait(log->end(), Durability::synced, std::nullopt)) << "a later sync says nothing of what was lost";
  log->mend(log->switch_file(std::make_unique<ToldFile>(third_disk)));
  EXPECT_FALSE(log->is_broken());
  EXPECT_EQ(log->synced(), log->end());
}

TEST(Log, lets_a_failed_sync_count_for_what_others_wrote_meanwhile) {
  Disk disk;
  disk.is_stopped = disk.fails = true;
  auto log = open_log(disk);
  const uint64_t first = log->append(0, 0, "PING\r\n");
  std::thread one([&] { log->sync_out(first); });
  disk.wait_for_syncs(1);
  const uint64_t second = log->append(0, 0, "PING\r\n");
  std::thread two([&] { log->sync_out(second); });
  disk.go_on();
  one.join();
  two.join();
  EXPECT_TRUE(log->is_broken());
  EXPECT_EQ(log->synced(), 0u);
  EXPECT_EQ(disk.syncs.size(), 1u);
}

TEST(Log, syncs_on_the_thread_that_asks_while_the_disk_is_quick) {
  Disk disk;
  auto log = open_log(disk);
  for (int i = 0; i < 3; ++i) {
    const uint64_t position = log->append(0, 0, "PING\r\n");
    log->sync_out(position);
    EXPECT_EQ(log->synced(), position);
  }
  EXPECT_EQ(disk.syncs, std::vector(3, std::this_thread::get_id()));
}

TEST(Log, gives_a_slow_disk_to_its_own_thread) {
  Disk disk;
  disk.sync_time = std::chrono::milliseconds(20);
  auto log = open_log(disk);
  log->sync_out(log->append(0, 0, "PING\r\n"));
  disk.sync_time = std::chrono::milliseconds(0);
  const uint64_t position = log->append(0, 0, "PING\r\n");
  log->sync_out(position);
  EXPECT_TRUE(log->wait(position, Durability::synced, std::nullopt));
  ASSERT_EQ(disk.syncs.size(), 2u);
  EXPECT_EQ(disk.syncs[0], std::this_thread::get_id());
  EXPECT_NE(disk.syncs[1], std::this_thread::get_id());
}

// Loading writes once more what no mark says to be on disk.
TEST(Log, marks_what_is_on_disk_once_when_nothing_comes_that_would_say_so) {
  Disk disk;
  auto log = open_log_by_hand(disk);
  log->append(0, 0, "PING\r\n");
  log->write_out(log->end());
  const size_t bytes = disk.bytes.size();
  log->flush();
  const std::string mark = disk.bytes.substr(bytes);
  EXPECT_EQ(mark.find("#BATCH:0:"), 0u);
  EXPECT_EQ(parse_batch_head(std::string_view(mark).substr(0, mark.size() - 2))->synced_file_bytes, bytes);
  log->flush();
  EXPECT_EQ(disk.bytes.size(), bytes + mark.size());
  log->append(0, 0, "PING\r\n");
  log->flush();
  EXPECT_GT(disk.bytes.size(), bytes + 2 * mark.size());
}

TEST(Log, makes_no_mark_while_the_disk_fails) {
  Disk disk;
  auto log = open_log_by_hand(disk);
  disk.fails = true;
  log->append(0, 0, "PING\r\n");
  log->flush();
  EXPECT_TRUE(log->is_broken());
  EXPECT_EQ(disk.bytes.find("#BATCH:0:"), std::string::npos);
  log->flush();
  EXPECT_EQ(disk.bytes.find("#BATCH:0:"), std::string::npos);
}

// Something is written to it, and then somebody cuts its file.
std::unique_ptr<Log> open_log_that_is_cut(Disk& disk) {
  auto log = open_log_by_hand(disk);
  log->write_out(log->append(0, 0, "PING\r\n"));
  disk.was_cut = true;
  return log;
}

// It would stand behind a hole, where nobody finds the cut.
TEST(Log, appends_nothing_to_a_file_that_somebody_has_cut) {
  Disk disk;
  auto log = open_log_that_is_cut(disk);
  const size_t bytes = disk.bytes.size();
  const uint64_t position = log->append(0, 0, "PING\r\n");
  log->write_out(position);
  EXPECT_TRUE(log->is_broken());
  EXPECT_EQ(log->failure(), "was cut short");
  EXPECT_LT(log->written(), position);
  log->flush();
  log.reset();
  EXPECT_EQ(disk.bytes.size(), bytes);
}

TEST(Log, marks_no_file_that_somebody_has_cut) {
  Disk disk;
  auto log = open_log_that_is_cut(disk);
  const size_t bytes = disk.bytes.size();
  log->flush();
  EXPECT_TRUE(log->is_broken());
  EXPECT_EQ(disk.bytes.size(), bytes);
}

// Half a mark is damage in a file behind which others come.
TEST(Log, leaves_no_half_mark_in_a_file_behind_which_it_goes_on) {
  Disk old_disk, new_disk;
  auto log = open_log_by_hand(old_disk);
  log->write_out(log->append(0, 0, "PING\r\n"));
  const std::string whole = old_disk.bytes;
  old_disk.room = 20;
  old_disk.cannot_cut = true;
  log->flush();
  ASSERT_EQ(old_disk.bytes.size(), whole.size() + 20);
  ASSERT_FALSE(log->has_failed());
  log->switch_file(std::make_unique<ToldFile>(new_disk));
  log->write_out(log->append(0, 0, "PING\r\n"));
  EXPECT_EQ(log->failure(), "cannot shorten");
  EXPECT_EQ(new_disk.bytes, "");
  old_disk.cannot_cut = false;
  log->flush();
  EXPECT_EQ(old_disk.bytes, whole);
  EXPECT_NE(new_disk.bytes.find("PING"), std::string::npos);
}

// Else what was promised long ago would pass for what a crash may tear.
TEST(Log, says_how_much_is_on_disk_when_nothing_more_comes) {
  Disk disk;
  Log log(std::make_unique<ToldFile>(disk), 1, FsyncPolicy::everysec, Log::Flusher::thread, [] {});
  ASSERT_TRUE(log.wait(log.append(0, 0, "PING\r\n"), Durability::synced, std::nullopt));
  const auto bytes = [&] {
    const std::lock_guard lock(disk.mutex);
    return disk.bytes;
  };
  const size_t written = bytes().size();
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(20);
  while (bytes().size() == written && std::chrono::steady_clock::now() < deadline) {
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
  }
  const std::string mark = bytes().substr(written);
  const auto head = parse_batch_head(std::string_view(mark).substr(0, mark.find('\r')));
  ASSERT_TRUE(head) << mark;
  EXPECT_EQ(head->bytes, 0u);
  EXPECT_EQ(head->synced_file_bytes, written);
}

TEST(Log, keeps_the_order_of_each_thread_while_others_write_and_sync) {
  constexpr int kThreads = 3, kCommands = 2000;
  Disk disk;
  {
    Log log(std::make_unique<ToldFile>(disk), 0, FsyncPolicy::everysec, Log::Flusher::thread, [] {});
    std::vector<std::thread> writers;
    for (int i = 0; i < kThreads; ++i) {
      writers.emplace_back([&log, name = std::to_string(i)] {
        for (int j = 0; j < kCommands; ++j) {
          const std::string number = std::to_string(j);
          const std::string_view words[] = {"SET", name, number};
          const uint64_t position = log.append(0, words);
          if (j % 7 == 0) log.write_out(position);
          if (j % 50 == 0) log.request_sync();
        }
      });
    }
    for (std::thread& writer : writers) writer.join();
    EXPECT_TRUE(log.wait(log.end(), Durability::synced, std::nullopt));
  }
  std::map<std::string, std::vector<std::string>> found;
  ByteSource source(disk.bytes);
  LogReader reader(source);
  while (reader.next() == LogReader::Status::unit) {
    for (const auto& words : reader.commands()) {
      if (words[0] == "SET") found[std::string(words[1])].emplace_back(words[2]);
    }
  }
  EXPECT_EQ(reader.offset(), disk.bytes.size()) << reader.problem();
  ASSERT_EQ(found.size(), size_t{kThreads});
  for (const auto& [name, numbers] : found) {
    ASSERT_EQ(numbers.size(), size_t{kCommands}) << name;
    for (int j = 0; j < kCommands; ++j) ASSERT_EQ(numbers[static_cast<size_t>(j)], std::to_string(j)) << name;
  }
}

TEST(Log, writes_a_command_as_it_writes_a_unit_of_one) {
  const std::string_view words[] = {"SET", "key", "a value of some length"};
  const std::string unit = "*3\r\n$3\r\nSET\r\n$3\r\nkey\r\n$22\r\na value of some length\r\n";
  Disk whole, in_words;
  auto first = open_log(whole), second = open_log(in_words);
  for (const int db : {0, 0, 3, 0}) {
    EXPECT_EQ(first->append(db, db, unit), second->append(db, words));
    EXPECT_EQ(first->end(), second->end());
  }
  first->sync_out(first->end());
  second->sync_out(second->end());
  EXPECT_EQ(whole.bytes, in_words.bytes);
  EXPECT_NE(whole.bytes.find("*2\r\n$6\r\nSELECT\r\n$1\r\n3\r\n" + unit + "*2"), std::string::npos);
}

TEST(Log, carries_with_one_sync_what_several_threads_wrote_before_it) {
  Disk disk;
  disk.is_stopped = true;
  auto log = open_log(disk);
  const uint64_t first = log->append(0, 0, "PING\r\n");
  std::thread leader([&] { log->sync_out(first); });
  disk.wait_for_syncs(1);
  constexpr size_t kFollowers = 4;
  std::vector<std::thread> followers;
  for (size_t i = 0; i < kFollowers; ++i) {
    followers.emplace_back([&] { log->sync_out(log->append(0, 0, "PING\r\n")); });
  }
  while (log->written() < first + kFollowers * std::string_view("PING\r\n").size()) std::this_thread::yield();
  disk.go_on();
  leader.join();
  for (std::thread& follower : followers) follower.join();
  EXPECT_EQ(log->synced(), log->end());
  EXPECT_EQ(disk.syncs.size(), 2u);
}

}  // namespace
}  // namespace redstart
