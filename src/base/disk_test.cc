#include "base/disk.h"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cstdlib>
#include <filesystem>
#include <string>
#include <thread>

namespace redstart {
namespace {

constexpr std::string_view kFilling = "#\n";
constexpr uint64_t kRoomBytes = 64 * 1024;

// A file on a real disk; with a parameter, in that directory.
class RealFile : public testing::TestWithParam<std::string> {
 protected:
  RealFile() {
    std::string name = GetParam() + "/redstart-disk-XXXXXX";
    directory_ = ::mkdtemp(name.data());
  }
  ~RealFile() override { std::filesystem::remove_all(directory_); }

  std::unique_ptr<WritableFile> open() { return real_disk().open_for_append(path()).value(); }
  std::string path() const { return directory_ + "/file"; }
  std::string contents() { return read_file(real_disk(), path()).value(); }
  // What `reserve` leaves behind the end is filling and nothing else.
  void expect_contents_and_room(std::string_view wanted) {
    const std::string found = contents();
    ASSERT_GE(found.size(), wanted.size());
    EXPECT_EQ(found.substr(0, wanted.size()), wanted);
    for (size_t i = wanted.size(); i < found.size(); ++i) ASSERT_EQ(found[i], kFilling[i % 2]) << i;
  }

  std::string directory_;
};

std::string text(size_t size, size_t seed) {
  std::string bytes(size, '\0');
  for (size_t i = 0; i < size; ++i) bytes[i] = static_cast<char>('a' + (i * 7 + seed) % 26);
  return bytes;
}

TEST_P(RealFile, forgets_its_room_when_it_is_shortened) {
  auto file = open();
  ASSERT_TRUE(file->append(text(5000, 1)));
  ASSERT_TRUE(file->reserve(kRoomBytes, kFilling));
  ASSERT_TRUE(file->append(text(100, 2)));
  ASSERT_TRUE(file->truncate(5000));
  EXPECT_EQ(file->reserved_bytes(), 0u);
  EXPECT_EQ(contents(), text(5000, 1));
  ASSERT_TRUE(file->append("xy"));
  ASSERT_TRUE(file->reserve(kRoomBytes, kFilling));
  ASSERT_TRUE(file->append("zz"));
  expect_contents_and_room(text(5000, 1) + "xyzz");
}

TEST_P(RealFile, keeps_what_is_larger_than_its_room) {
  auto file = open();
  ASSERT_TRUE(file->reserve(kRoomBytes, kFilling));
  ASSERT_TRUE(file->append(text(10, 1), text(3 * kRoomBytes, 2), {}));
  EXPECT_EQ(file->reserved_bytes(), 0u);
  ASSERT_TRUE(file->reserve(kRoomBytes, kFilling));
  ASSERT_TRUE(file->append(text(2 << 20, 3)));  // more than is written at once
  file.reset();
  EXPECT_EQ(contents(), text(10, 1) + text(3 * kRoomBytes, 2) + text(2 << 20, 3));
}

TEST_P(RealFile, ends_where_it_was_written_once_it_is_closed) {
  std::string wanted;
  for (size_t round = 0; round < 3; ++round) {
    auto file = open();
    EXPECT_EQ(file->size_bytes(), wanted.size());
    ASSERT_TRUE(file->reserve(kRoomBytes, kFilling));
    EXPECT_GE(file->reserved_bytes(), kRoomBytes);
    for (const size_t size : {2u, 4094u, 100u, 8192u, 3998u}) {
      ASSERT_TRUE(file->append(text(size, round), text(20, size), {}));
      wanted += text(size, round) + text(20, size);
      ASSERT_TRUE(file->sync());
      expect_contents_and_room(wanted);
    }
    file.reset();
    EXPECT_EQ(contents(), wanted);
  }
}

TEST_P(RealFile, takes_appends_while_its_room_is_made_larger) {
  auto file = open();
  std::string wanted;
  std::atomic<bool> is_done{false};
  std::thread reserving([&] {
    for (int i = 0; i < 100 && !is_done; ++i) static_cast<void>(file->reserve(kRoomBytes, kFilling));
  });
  for (size_t i = 0; i < 500; ++i) {
    const std::string bytes = text(2 * (i % 3000) + 2, i);
    ASSERT_TRUE(file->append(bytes));
    wanted += bytes;
  }
  is_done = true;
  reserving.join();
  expect_contents_and_room(wanted);
  file.reset();
  EXPECT_EQ(contents(), wanted);
}

TEST_P(RealFile, leaves_room_behind_what_goes_through_the_cache_in_proportion_to_the_file) {
  auto file = open();
  std::string wanted;
  for (const size_t size : {2u, 100u, 5000u, 300'000u, 4u, 1'000'002u, 60'000u}) {
    ASSERT_TRUE(file->append(text(size, 1), text(40, size), kFilling));
    wanted += text(size, 1) + text(40, size);
    EXPECT_EQ(file->size_bytes(), wanted.size());
    EXPECT_LE(file->reserved_bytes(), std::max<uint64_t>(wanted.size(), 4096));
    expect_contents_and_room(wanted);
  }
  EXPECT_GT(file->reserved_bytes(), 0u);
  const uint64_t room_bytes = file->reserved_bytes();
  ASSERT_TRUE(file->append(text(room_bytes, 3), {}, kFilling));  // exactly
  EXPECT_EQ(file->reserved_bytes(), 0u);
  expect_contents_and_room(wanted + text(room_bytes, 3));
}

TEST_P(RealFile, gives_all_its_room_back_when_it_is_closed) {
  for (const size_t size : {101u, 1000u}) {  // of an odd size, which is no multiple of the filling's
    auto file = open();
    ASSERT_TRUE(file->append(text(size, 1), {}, kFilling));
    file.reset();
    struct stat status;
    ASSERT_EQ(::stat(path().c_str(), &status), 0);
    EXPECT_LE(status.st_blocks * 512, 2 * 4096);
  }
  EXPECT_EQ(contents(), text(101, 1) + text(1000, 1));
}

TEST_P(RealFile, tells_that_somebody_has_cut_or_removed_it) {
  for (const off_t size : {0, 150, 199}) {  // before and behind the end at the last look
    auto file = open();
    ASSERT_TRUE(file->append(text(100, 1)));
    ASSERT_TRUE(file->still_there());
    ASSERT_TRUE(file->append(text(100, 2)));
    ASSERT_EQ(::truncate(path().c_str(), size), 0);
    EXPECT_FALSE(file->still_there()) << size;
    std::filesystem::remove(path());
  }
  auto file = open();
  ASSERT_TRUE(file->append(text(100, 1)));
  ASSERT_TRUE(file->still_there());
  std::filesystem::remove(path());
  EXPECT_FALSE(file->still_there());
}

// What is appended behind a cut of the last second's bytes leaves nothing to be seen of it.
TEST_P(RealFile, tells_before_an_append_that_somebody_has_cut_it) {
  for (const bool has_room : {false, true}) {
    auto file = open();
    ASSERT_TRUE(file->append(text(5000, 1)));
    if (has_room) ASSERT_TRUE(file->reserve(kRoomBytes, kFilling));
    ASSERT_TRUE(file->append(text(2000, 2)));
    EXPECT_TRUE(file->still_whole());
    ASSERT_EQ(::truncate(path().c_str(), 7000), 0);  // room is nothing that could be missed
    EXPECT_TRUE(file->still_whole());
    ASSERT_EQ(::truncate(path().c_str(), 6999), 0);
    EXPECT_FALSE(file->still_whole());
    std::filesystem::remove(path());
  }
}

TEST_P(RealFile, makes_no_room_behind_a_cut) {
  auto file = open();
  ASSERT_TRUE(file->append(text(5000, 1)));
  ASSERT_EQ(::truncate(path().c_str(), 4998), 0);
  EXPECT_FALSE(file->reserve(kRoomBytes, kFilling));
  EXPECT_FALSE(file->still_whole());
}

TEST_P(RealFile, goes_on_past_the_cache_behind_room_in_it) {
  auto file = open();
  std::string wanted = text(5000, 1);
  ASSERT_TRUE(file->append(wanted, {}, kFilling));
  ASSERT_TRUE(file->reserve(kRoomBytes, kFilling));
  for (size_t i = 0; i < 10; ++i) {
    ASSERT_TRUE(file->append(text(6000, i)));
    wanted += text(6000, i);
    ASSERT_TRUE(file->sync());
    expect_contents_and_room(wanted);
  }
  file.reset();
  EXPECT_EQ(contents(), wanted);
}

// The second is in memory, where a file system may know no direct transfers.
INSTANTIATE_TEST_SUITE_P(Directories, RealFile, testing::Values(::testing::TempDir(), "/dev/shm"),
                         [](const auto& info) { return info.index == 0 ? "temporary" : "memory"; });

}  // namespace
}  // namespace redstart
