#include "durability/check/check.h"

#include <gtest/gtest.h>
#include <sys/stat.h>
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
  FileProblem problem_of(const std::string& name, const std::string& bytes) {
    write(name, bytes);
    const CheckReport report = check(name);
    EXPECT_FALSE(report.is_sound());
    return report.files.at(0).problem.value_or(FileProblem{});
  }
  CheckReport check(const std::string& name = "") {
    auto report = check_path(real_disk(), name.empty() ? directory : path(name), {.now_ms = 5000});
    EXPECT_TRUE(report) << report.error().what;
    return report ? std::move(*report) : CheckReport{};
  }

  const std::string directory = testing::TempDir() + "redstart_checks_" + std::to_string(::getpid());
};

TEST_F(Checks, tell_what_is_missing) {
  EXPECT_FALSE(check_path(real_disk(), path("nowhere"), {}));
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

// They were called sound, and no store loaded them, or it lost what they should have held.
TEST_F(Checks, find_what_a_store_refuses) {
  EXPECT_EQ(problem_of("dump.rdb", "").what, "this is no snapshot: it does not begin with REDIS and a version");
  const FileProblem twice = problem_of("dump.rdb", snapshot(kText + kList + kText));
  EXPECT_EQ(twice.what, "the key stands twice in database 0");
  EXPECT_EQ(twice.offset, 9 + 2 * kText.size() + kList.size());
  write("dump.rdb", snapshot(kText + "\xfe\x03" + kText));
  EXPECT_TRUE(check("dump.rdb").is_sound());
  write("dump.rdb", snapshot(std::string("\xf5\x03" "abc", 5) + kText));
  EXPECT_TRUE(check("dump.rdb").is_sound());
  const auto refusing = check_path(real_disk(), path("dump.rdb"), {.refuse_function = [](std::string_view code) {
                                     return std::optional("not " + std::string(code));
                                   }});
  EXPECT_EQ(refusing->files.at(0).problem.value_or(FileProblem{}).what,
            "a library of functions cannot be loaded: not abc");
  std::filesystem::remove(path("dump.rdb"));
  write_manifest(1);
  write("log.1.base.rdb", "");
  write("log.1.incr.aof", "");
  EXPECT_EQ(check().files.at(0).problem.value_or(FileProblem{}).offset, 0u);
  EXPECT_FALSE(check().is_sound());
}

TEST_F(Checks, know_what_is_neither_a_snapshot_nor_a_log) {
  for (const std::string& bytes : {std::string("root:x:0:0\n"), std::string("# a comment\nimport os\n")}) {
    problem_of("some", bytes);
    EXPECT_EQ(check("some").files.at(0).kind, FileReport::Kind::neither) << bytes;
    problem_of("some.aof", bytes);
    EXPECT_EQ(check("some.aof").files.at(0).kind, FileReport::Kind::log) << bytes;
  }
  for (const char* bytes : {"REDI", "REDISxxxx", "REDIS0099"}) {
    EXPECT_NE(problem_of("some", bytes).what, "") << bytes;
    EXPECT_EQ(check("some").files.at(0).kind, FileReport::Kind::snapshot) << bytes;
    EXPECT_EQ(check("some").files.at(0).version, 0) << bytes;
  }
  ASSERT_EQ(::mkfifo(path("pipe").c_str(), 0600), 0);
  const auto report = check_path(real_disk(), path("pipe"), {});
  ASSERT_FALSE(report);
  EXPECT_EQ(report.error().what, path("pipe") + " is no regular file, and is read twice");
}

TEST_F(Checks, tell_of_a_log_that_is_not_in_order) {
  write("appendonlydir", "");
  EXPECT_EQ(check().problems, std::vector{path("appendonlydir") + " is no directory"});
  std::filesystem::remove(path("appendonlydir"));
  std::filesystem::create_directories(path("appendonlydir"));
  write("appendonlydir/appendonly.aof.1.incr.aof", "");
  EXPECT_EQ(check().problems,
            std::vector{path("appendonlydir/appendonly.aof.1.incr.aof") + " is a part of a log without its manifest"});
}

TEST_F(Checks, tell_where_a_problem_is_in_one_way) {
  const FileProblem problem = problem_of("dump.rdb", snapshot(kText).substr(0, 13));
  EXPECT_EQ(problem.what.find(" at byte "), std::string::npos) << problem.what;
  EXPECT_LE(problem.offset, 13u);
}

// The tail of a file that grew was 18 exabytes long.
TEST_F(Checks, forgive_a_store_that_is_writing) {
  const std::string whole = batch(command({"SET", "a", "1"}), 0), next = batch(command({"SET", "b", "2"}), 0);
  write("some.aof", whole + next.substr(0, 40));
  const auto lock = real_disk().lock_directory(directory);
  const CheckReport report = check("some.aof");
  EXPECT_TRUE(report.is_sound());
  EXPECT_TRUE(report.files.at(0).is_being_written);
  // What is damaged before other writes is not being written.
  write("some.aof", whole + "?" + next + next);
  EXPECT_FALSE(check("some.aof").is_sound());
}

TEST_F(Checks, keep_whole_batches_that_are_cut_off) {
  const std::string whole = batch(command({"SET", "a", "1"}), 0);
  const std::string tail = "?" + batch(command({"SET", "b", "2"}), 0) + batch(command({"SET", "c", "3"}), 0);
  write("some.aof", whole + tail);
  const CheckReport report = check("some.aof");
  ASSERT_NE(report.torn(), nullptr);
  EXPECT_EQ(report.torn()->problem->batches_behind, 2u);
  const auto kept = cut_torn_tail(real_disk(), *report.torn());
  ASSERT_TRUE(kept);
  EXPECT_EQ(*kept, path("some.aof.torn-" + std::to_string(whole.size())));
  EXPECT_EQ(read_file(real_disk(), **kept), tail);
  EXPECT_EQ(read_file(real_disk(), path("some.aof")), whole);
}

TEST_F(Checks, count_hashes_that_redis_7_0_cannot_read) {
  write("dump.rdb", snapshot(kText));
  EXPECT_EQ(check().files.at(0).timed_hashes, 0u);
  std::string hash("\x18\x01h\xe8\x03\x00\x00\x00\x00\x00\x00\x01\x01\x01" "f\x01v", 18);
  write("dump.rdb", snapshot(kText + hash));
  EXPECT_EQ(check().files.at(0).timed_hashes, 1u);
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
