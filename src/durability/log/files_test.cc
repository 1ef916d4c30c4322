#include "durability/log/files.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>

namespace redstart {
namespace {

constexpr char kCommand[] = "*1\r\n$8\r\nFLUSHALL\r\n";

class LogDirectory : public testing::Test {
 protected:
  LogDirectory() {
    std::filesystem::remove_all(directory);
    std::filesystem::create_directories(directory);
  }
  ~LogDirectory() override { std::filesystem::remove_all(directory); }

  std::string path(const std::string& name) const { return directory + "/" + name; }
  void write(const std::string& name, std::string_view bytes) {
    auto file = real_disk().create(path(name));
    ASSERT_TRUE((*file)->append(bytes));
  }
  std::vector<std::string> names() {
    auto found = *real_disk().list(directory);
    std::ranges::sort(found);
    return found;
  }
  std::unique_ptr<LogFiles> files() {
    return std::make_unique<LogFiles>(real_disk(), directory, "log",
                                      [this](const std::string& removed_path) { removed.push_back(removed_path); });
  }
  // What is wrong, or nothing.
  std::string open() {
    const auto opened = files()->open(directory + "/..");
    return opened ? "" : opened.error();
  }

  const std::string directory = testing::TempDir() + "redstart_log_directory_" + std::to_string(::getpid());
  std::vector<std::string> removed;
};

// They were overwritten.
TEST_F(LogDirectory, keeps_the_parts_of_a_log_whose_manifest_is_gone) {
  write("log.1.base.rdb", "");
  EXPECT_NE(open().find("has parts of a log (log.1.base.rdb), but no log.manifest"), std::string::npos) << open();
  write("log.1.incr.aof", std::string(kFreshIncrement) + kCommand);
  EXPECT_NE(open().find("(log.1.base.rdb, log.1.incr.aof)"), std::string::npos) << open();
  std::filesystem::remove(path("log.1.base.rdb"));
  EXPECT_NE(open().find("(log.1.incr.aof)"), std::string::npos) << open();
  write("log.1.incr.aof", "#BATCH:0:00000000x");
  EXPECT_NE(open(), "");
  EXPECT_EQ(names(), std::vector<std::string>{"log.1.incr.aof"});
  EXPECT_TRUE(removed.empty());
}

TEST_F(LogDirectory, begins_where_nothing_was_written) {
  for (const std::string& bytes : {std::string(), std::string(kFreshIncrement), std::string(kFreshIncrement, 0, 9),
                                   std::string(kFreshIncrement) + "#\n#\n"}) {
    write("log.1.incr.aof", bytes);
    EXPECT_EQ(open(), "") << bytes;
  }
  EXPECT_EQ(names(), std::vector<std::string>{});
  EXPECT_EQ(removed.size(), 4u);
}

// Nobody was promised anything before there was a manifest, whatever stands there.
TEST_F(LogDirectory, begins_again_after_a_first_start_that_was_killed) {
  {
    const auto first = files();
    ASSERT_TRUE(first->open(directory + "/.."));
    auto increment = first->add_increment(false);
    ASSERT_TRUE((*increment)->append(kCommand));
    ASSERT_EQ(first->next_base_path(), path("log.1.base.rdb"));
    write("log.1.base.rdb", "whole");
    write("temp-77.rdb", "");
  }
  const auto second = files();
  ASSERT_TRUE(second->open(directory + "/.."));
  EXPECT_EQ(removed.size(), 3u);
  EXPECT_FALSE(second->exists());
  ASSERT_TRUE(second->add_increment(false));
  write("log.1.base.rdb", "whole");
  ASSERT_EQ(second->next_base_path(), path("log.1.base.rdb"));
  ASSERT_TRUE(second->commit_base(0, true));
  EXPECT_EQ(names(), (std::vector<std::string>{"log.1.base.rdb", "log.1.incr.aof", "log.manifest"}));
  // From here on they are a log's.
  std::filesystem::remove(path("log.manifest"));
  EXPECT_NE(open(), "");
}

TEST_F(LogDirectory, loses_what_rewrites_have_left_and_nothing_else) {
  ASSERT_TRUE(save_manifest(real_disk(), directory, "log", {.base = LogFile{"log.1.base.rdb", 1}, .increments = {},
                                                            .history = {}}));
  const std::vector<std::string> kept = {"log.1.base.rdb",  "log.1.incr.aof.torn-9", "log.manifest",
                                         "log.old.incr.aof", "other.1.incr.aof",      "temp-notes",
                                         "temp-redstart-.rdb"};
  const std::vector<std::string> left = {"log.2.base.rdb",        "log.2.incr.aof",    "temp-12.rdb",
                                         "temp-log.manifest",     "temp-redstart-12.rdb", "temp-rewriteaof-bg-3.aof"};
  for (const std::string& name : kept) {
    if (name != "log.manifest") write(name, "");
  }
  for (const std::string& name : left) write(name, "");
  EXPECT_EQ(open(), "");
  EXPECT_EQ(names(), kept);
  std::vector<std::string> told = removed;
  std::ranges::sort(told);
  std::vector<std::string> expected;
  for (const std::string& name : left) expected.push_back(path(name));
  EXPECT_EQ(told, expected);
}

// It was taken for nothing when the machine went down between the two steps.
TEST_F(LogDirectory, takes_a_single_file_that_has_moved_but_is_not_listed) {
  write("log", kCommand);
  const auto taken = files();
  EXPECT_TRUE(taken->are_there(directory + "/.."));
  ASSERT_TRUE(taken->open(directory + "/.."));
  ASSERT_TRUE(taken->exists());
  EXPECT_EQ(taken->files_to_load().front().name, "log");
  EXPECT_TRUE(real_disk().exists(taken->manifest_path()));
}

}  // namespace
}  // namespace redstart
