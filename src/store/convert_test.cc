#include "store/convert.h"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <thread>

#include "durability/log/manifest.h"

namespace redstart {
namespace {

constexpr char kLine[] = R"({"db":0,"key":"k","type":"string","value":"text"})" "\n";

class Conversions : public testing::Test {
 protected:
  Conversions() {
    std::filesystem::remove_all(directory);
    std::filesystem::create_directories(directory);
    write("from.jsonl", kLine);
  }
  ~Conversions() override { std::filesystem::remove_all(directory); }

  std::string path(const std::string& name) const { return directory + "/" + name; }
  void write(const std::string& name, const std::string& bytes) {
    auto file = real_disk().create(path(name));
    ASSERT_TRUE((*file)->append(bytes));
  }
  std::string contents(const std::string& name) { return read_file(real_disk(), path(name)).value_or("(none)"); }
  // What is wrong, or nothing.
  std::string convert(const std::string& from, const std::string& to, FileFormat to_format = FileFormat::json_lines,
                      bool replaces = false) {
    ConvertOptions options;
    options.from = path(from);
    options.to = path(to);
    options.from_format = format_of_path(options.from).value_or(FileFormat::json_lines);
    options.to_format = to_format;
    options.replaces = replaces;
    auto done = redstart::convert(real_disk(), std::move(options));
    return done ? "" : done.error();
  }

  const std::string directory = testing::TempDir() + "redstart_conversions_" + std::to_string(::getpid());
};

TEST_F(Conversions, replace_a_file_only_if_they_are_told_so) {
  write("to", "old");
  EXPECT_EQ(convert("from.jsonl", "to"), path("to") + " is there already; --force replaces it");
  EXPECT_EQ(contents("to"), "old");
  EXPECT_EQ(convert("from.jsonl", "to", FileFormat::json_lines, true), "");
  EXPECT_EQ(contents("to"), kLine);
  EXPECT_EQ(convert("from.jsonl", "from.jsonl", FileFormat::json_lines, true),
            path("from.jsonl") + " and " + path("from.jsonl") + " are one file");
  EXPECT_EQ(convert("from.jsonl", "", FileFormat::json_lines, true), path("") + " is a directory");
}

TEST_F(Conversions, write_what_a_link_leads_to) {
  write("target", "old");
  std::filesystem::create_symlink("target", path("link"));
  std::filesystem::create_symlink("new", path("dangling"));
  std::filesystem::create_symlink("circle", path("circle"));
  EXPECT_EQ(convert("from.jsonl", "link"), path("link") + " is there already; --force replaces it");
  EXPECT_EQ(convert("from.jsonl", "link", FileFormat::json_lines, true), "");
  EXPECT_EQ(convert("from.jsonl", "dangling"), "");
  EXPECT_NE(convert("from.jsonl", "circle"), "");
  EXPECT_TRUE(std::filesystem::is_symlink(path("link")));
  EXPECT_TRUE(std::filesystem::is_symlink(path("dangling")));
  EXPECT_EQ(contents("target"), kLine);
  EXPECT_EQ(contents("new"), kLine);
}

// The pipe was replaced by a file, and its reader got nothing.
TEST_F(Conversions, write_into_a_pipe) {
  ASSERT_EQ(::mkfifo(path("pipe").c_str(), 0600), 0);
  std::string read;
  std::thread reader([&] { read = read_file(real_disk(), path("pipe")).value_or("(none)"); });
  EXPECT_EQ(convert("from.jsonl", "pipe"), "");
  reader.join();
  EXPECT_EQ(read, kLine);
  EXPECT_TRUE(std::filesystem::is_fifo(path("pipe")));
}

TEST_F(Conversions, begin_no_log_among_the_parts_of_another) {
  std::filesystem::create_directories(path("log"));
  for (const char* name : {"log/appendonly.aof.1.base.rdb", "log/appendonly.aof.manifest", "log/appendonly.aof"}) {
    write(name, "old");
    EXPECT_NE(convert("from.jsonl", "log", FileFormat::log), "") << name;
    EXPECT_EQ(contents(name), "old") << name;
    std::filesystem::remove(path(name));
  }
  {
    const auto lock = real_disk().lock_directory(path("log"));
    EXPECT_NE(convert("from.jsonl", "log", FileFormat::log).find("is in use by another store"), std::string::npos);
  }
  EXPECT_EQ(convert("from.jsonl", "log", FileFormat::log), "");
  EXPECT_EQ(convert("log", "back.jsonl"), "");
  EXPECT_EQ(contents("back.jsonl"), kLine);
}

// What came out of them was refused by every store.
TEST_F(Conversions, refuse_what_no_store_would_load) {
  const auto refusal = [&](const std::string& lines) {
    write("wrong.jsonl", lines);
    const std::string problem = convert("wrong.jsonl", "out.rdb", FileFormat::snapshot);
    EXPECT_EQ(contents("out.rdb"), "(none)");
    const std::string begin = path("wrong.jsonl") + ", ";
    EXPECT_TRUE(problem.starts_with(begin)) << problem;
    return problem.substr(std::min(begin.size(), problem.size()));
  };
  const std::string line = kLine, other_db = R"({"db":1,"key":"k","type":"string","value":"text"})";
  EXPECT_EQ(refusal(line + other_db + "\n" + line), "line 3: the key stands twice in database 0");
  const std::string function =
      R"x({"function":"#!lua name=a\nredis.register_function('f', function() return 1 end)"})x";
  EXPECT_NE(refusal(line + R"({"function":"#!lua name=a\nnonsense"})").find("line 2: a library of functions cannot be"),
            std::string::npos);
  EXPECT_NE(refusal(function + "\n" + function).find("line 2: a library of functions cannot be"), std::string::npos);
  EXPECT_NE(refusal(R"({"key":"h","type":"hash","value":{"f":"1","f":"2"}})").find("'f' stands twice"),
            std::string::npos);
  EXPECT_NE(refusal(R"({"key":"h","type":"hash","value":[["f","1"],["f","2"]]})").find("'f' stands twice"),
            std::string::npos);
  write("right.jsonl", function + "\n" + line);
  EXPECT_EQ(convert("right.jsonl", "out.rdb", FileFormat::snapshot), "");
}

TEST_F(Conversions, read_what_a_directory_holds) {
  std::filesystem::create_directories(path("store/appendonlydir"));
  EXPECT_EQ(convert("store", "out.jsonl"), path("store") + " has neither a snapshot nor a log");
  ASSERT_EQ(convert("from.jsonl", "store/dump.rdb", FileFormat::snapshot), "");
  EXPECT_EQ(convert("store", "out.jsonl"), "");
  EXPECT_EQ(contents("out.jsonl"), kLine);
  write("store/appendonlydir/appendonly.aof.1.incr.aof", "");
  EXPECT_EQ(convert("store", "none.jsonl"), path("store/appendonlydir") + " has parts of a log, but no manifest");
}

TEST_F(Conversions, know_a_snapshot_that_is_no_json) {
  ASSERT_EQ(convert("from.jsonl", "a.rdb", FileFormat::snapshot), "");
  std::filesystem::rename(path("a.rdb"), path("a.jsonl"));
  EXPECT_EQ(convert("a.jsonl", "out.jsonl"), path("a.jsonl") + " is a snapshot, no JSON lines: say --from-format rdb");
}

}  // namespace
}  // namespace redstart
