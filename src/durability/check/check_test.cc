#include "durability/check/check.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <cstring>
#include <filesystem>

#include "base/crc64.h"
#include "durability/log/batch.h"
#include "durability/log/files.h"
#include "durability/snapshot/file.h"
#include "resp/command_text.h"

namespace redstart {
namespace {

using Words = std::vector<std::string>;

std::string command(const Words& words) {
  std::string bytes;
  append_command(bytes, words);
  return bytes;
}

std::string batch(const std::string& bytes, uint64_t synced_bytes) {
  return format(BatchHead{bytes.size(), hash_of_batch(bytes), synced_bytes}) + bytes;
}

std::string snapshot(const std::string& body) {
  std::string bytes = "REDIS0010" + body + '\xff';
  const uint64_t checksum = crc64(0, bytes);
  return bytes.append(reinterpret_cast<const char*>(&checksum), sizeof checksum);
}

const std::string kText("\x00\x01t\x01v", 5);
const std::string kList("\x01\x01l\x02\x01" "a\x01" "b", 8);
const std::string kDue("\xfc\xe8\x03\x00\x00\x00\x00\x00\x00\x00\x01" "d\x01v", 14);

class Checks : public testing::Test {
 protected:
  Checks() {
    std::filesystem::remove_all(directory);
    std::filesystem::create_directories(directory);
  }
  ~Checks() override { std::filesystem::remove_all(directory); }

  std::string path(const std::string& name) const { return directory + "/" + name; }
  void write(const std::string& name, const std::string& bytes) {
    auto file = real_disk().create(path(name));
    ASSERT_TRUE((*file)->append(bytes));
  }
  void write_manifest(int increments) {
    Manifest manifest{.base = LogFile{"log.1.base.rdb", 1}, .increments = {}, .history = {}};
    for (int i = 1; i <= increments; ++i) manifest.increments.push_back({increment_name("log", i), i});
    ASSERT_TRUE(save_manifest(real_disk(), directory, "log", manifest));
  }
  CheckReport check(const std::string& name = "") {
    auto report = check_path(real_disk(), name.empty() ? directory : path(name), 5000);
    EXPECT_TRUE(report) << report.error().what;
    return report ? std::move(*report) : CheckReport{};
  }

  const std::string directory = testing::TempDir() + "redstart_checks_" + std::to_string(::getpid());
};

TEST_F(Checks, tell_what_is_missing) {
  EXPECT_FALSE(check_path(real_disk(), path("nowhere"), 0));
  EXPECT_EQ(check().problems, std::vector{directory + " has neither a snapshot nor a log"});
  write_manifest(1);
  const std::string missing = path("log.1.base.rdb") + " is missing, which " + path("log.manifest");
  EXPECT_EQ(check().problems, std::vector{missing + " names as part of the log"});
  write("log.manifest", "file log.1.base.rdb seq x type b\n");
  EXPECT_EQ(check().problems, std::vector{path("log.manifest") + ", line 1: 'x' is no number of a file"});
  EXPECT_FALSE(check().is_sound());
}

TEST_F(Checks, find_every_byte_of_a_snapshot_that_is_wrong) {
  const std::string whole = snapshot(kText + kList + kDue);
  for (size_t i = 1; i < whole.size(); ++i) {
    std::string damaged = whole;
    damaged[i] ^= 0x20;
    for (const std::string& bytes : {damaged, whole.substr(0, i)}) {
      write("some.rdb", bytes);
      const CheckReport report = check("some.rdb");
      ASSERT_EQ(report.files.size(), 1u);
      ASSERT_TRUE(report.files[0].problem) << "byte " << i << " of " << bytes.size();
      EXPECT_LE(report.files[0].problem->offset, bytes.size());
      EXPECT_TRUE(i < kSnapshotHeadBytes || !report.files[0].problem->is_torn) << i;
    }
  }
}

TEST_F(Checks, count_what_a_snapshot_holds) {
  write("dump.rdb", snapshot(std::string("\xfa\x03" "ctm\x01" "1", 7) + kText + "\xfe\x03" + kList + kDue));
  const CheckReport report = check();
  ASSERT_TRUE(report.is_sound());
  const FileReport& file = report.files.at(0);
  EXPECT_EQ(file.kind, FileReport::Kind::snapshot);
  EXPECT_EQ(file.version, 10);
  EXPECT_TRUE(file.has_checksum);
  EXPECT_EQ(file.keys(), 3u);
  EXPECT_EQ(file.keys_of_type[static_cast<size_t>(Type::list)], 1u);
  EXPECT_EQ(file.deadlines, 1u);
  EXPECT_EQ(file.past_deadlines, 1u);
  EXPECT_EQ(file.databases, (std::set{0, 3}));
  EXPECT_EQ(file.aux, (std::vector<std::pair<std::string, std::string>>{{"ctm", "1"}}));
}

TEST_F(Checks, show_where_a_log_is_damaged) {
  const std::string first = command({"SET", "a", "1"});
  write("some.aof", first + "*2\r\n$3\r\nGET\r\n$1\r\nab\r\n" + first);
  const CheckReport report = check("some.aof");
  const FileProblem& problem = *report.files.at(0).problem;
  EXPECT_EQ(problem.what, "an argument does not end with CR LF");
  EXPECT_FALSE(problem.is_torn);
  EXPECT_EQ(problem.offset, first.size() + 17);
  EXPECT_TRUE(problem.found.starts_with("61 62 0d 0a 2a ")) << problem.found;
  EXPECT_EQ(report.torn(), nullptr);

  write("some.aof", first + command({"NOPE"}));
  EXPECT_EQ(check("some.aof").files.at(0).problem->what, "there is no command 'NOPE'");
  EXPECT_EQ(check("some.aof").files.at(0).problem->offset, first.size());
}

TEST_F(Checks, tell_torn_tails_from_damage) {
  const std::string whole = batch(command({"SET", "a", "1"}), 0);
  const std::string next = batch(command({"SET", "b", "2"}), whole.size());
  std::string garbled = next;
  garbled[garbled.size() - 4] ^= 1;
  for (const std::string& tail : {next.substr(0, 10), next.substr(0, next.size() - 1), garbled}) {
    write("some.aof", whole + tail);
    const CheckReport report = check("some.aof");
    ASSERT_NE(report.torn(), nullptr) << tail;
    EXPECT_EQ(report.torn()->problem->torn_begin, whole.size());
    EXPECT_EQ(report.torn()->problem->torn_bytes, tail.size());
    EXPECT_EQ(report.torn()->commands, 1u);
  }
  // The third batch says that the second was on disk.
  write("some.aof", whole + garbled + batch(command({"SET", "c", "3"}), whole.size() + next.size()));
  EXPECT_FALSE(check("some.aof").is_sound());
  EXPECT_EQ(check("some.aof").torn(), nullptr);
}

TEST_F(Checks, forgive_a_tail_in_the_last_file_only) {
  write_manifest(2);
  write("log.1.base.rdb", snapshot(kText));
  write("log.1.incr.aof", command({"SET", "a", "1"}) + "*3\r\n$3");
  write("log.2.incr.aof", std::string(kFreshIncrement));
  EXPECT_NE(check().torn(), nullptr);
  write("log.2.incr.aof", command({"SELECT", "0"}) + command({"SET", "a", "1"}));
  EXPECT_EQ(check().torn(), nullptr);
  EXPECT_FALSE(check().is_sound());
}

TEST_F(Checks, cut_the_tail_off_and_nothing_else) {
  const std::string whole = command({"MULTI"}) + command({"SET", "a", "1"}) + command({"EXEC"});
  write("some.aof", whole + command({"MULTI"}) + command({"SET", "b", "2"}));
  const CheckReport report = check("some.aof");
  ASSERT_NE(report.torn(), nullptr);
  {
    const auto lock = real_disk().lock_directory(directory);
    EXPECT_FALSE(cut_torn_tail(real_disk(), *report.torn()));
  }
  ASSERT_TRUE(real_disk().exists(path(std::string(kDirectoryLockName))));
  ASSERT_TRUE(real_disk().remove(path(std::string(kDirectoryLockName))));
  ASSERT_TRUE(cut_torn_tail(real_disk(), *report.torn()));
  EXPECT_FALSE(real_disk().exists(path(std::string(kDirectoryLockName))));
  EXPECT_EQ(*read_file(real_disk(), path("some.aof")), whole);
  EXPECT_TRUE(check("some.aof").is_sound());
  EXPECT_EQ(check("some.aof").files.at(0).transactions, 1u);
  EXPECT_FALSE(cut_torn_tail(real_disk(), *report.torn()));  // it is another file by now
}

TEST_F(Checks, go_through_a_log_behind_a_snapshot) {
  write("appendonly.aof", snapshot(kText + kList) + command({"SELECT", "2"}) + batch(command({"SET", "a", "1"}), 7));
  const CheckReport report = check();
  ASSERT_TRUE(report.is_sound());
  const FileReport& file = report.files.at(0);
  EXPECT_EQ(file.kind, FileReport::Kind::log_behind_snapshot);
  EXPECT_EQ(file.keys(), 2u);
  EXPECT_EQ(file.commands, 2u);
  EXPECT_EQ(file.batches, 1u);
  EXPECT_EQ(file.synced_bytes, 7u);
  EXPECT_EQ(file.databases, (std::set{0, 2}));
}

}  // namespace
}  // namespace redstart
