#include "durability/log/tail.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>

#include "durability/log/batch.h"

namespace redstart {
namespace {

std::string batch(const std::string& bytes) { return format(BatchHead{bytes.size(), hash_of_batch(bytes), 0}) + bytes; }

uint64_t count(const std::string& bytes) {
  ByteSource source(bytes);
  return count_whole_batches(source);
}

TEST(TailOfALog, tells_how_many_batches_are_whole) {
  const std::string one = batch("one"), two = batch(std::string(3'000'000, 'x'));
  EXPECT_EQ(count(""), 0u);
  EXPECT_EQ(count("#BATCH:"), 0u);
  EXPECT_EQ(count("#BATCH:0:0000000000000000:00\r\n"), 0u);
  EXPECT_EQ(count(one + two + one), 3u);
  const std::string cut_off = one.substr(0, one.size() - 1);
  EXPECT_EQ(count("#BATCH:99999999:" + one + std::string(1'048'570, '.') + two + "#BATCH" + cut_off), 2u);
  std::string garbled = one;
  garbled.back() ^= 1;
  EXPECT_EQ(count(garbled + garbled + two), 1u);
}

TEST(TailOfALog, is_kept_if_something_whole_is_there) {
  const std::string directory = testing::TempDir() + "redstart_tail_" + std::to_string(::getpid());
  std::filesystem::remove_all(directory);
  std::filesystem::create_directories(directory);
  const std::string path = directory + "/log", whole = batch("first"), torn = "?" + batch("second");
  ASSERT_TRUE((*real_disk().create(path))->append(whole + torn));
  for (const std::string& name : {path + ".torn-" + std::to_string(whole.size()),
                                  path + ".torn-" + std::to_string(whole.size()) + "-2"}) {
    EXPECT_EQ(keep_tail(real_disk(), path, whole.size()), name);
    EXPECT_EQ(read_file(real_disk(), name), torn);
  }
  EXPECT_EQ(keep_tail(real_disk(), path, whole.size() + torn.size() - 1), std::nullopt);
  EXPECT_FALSE(keep_tail(real_disk(), path + "none", 0));
  std::filesystem::remove_all(directory);
}

}  // namespace
}  // namespace redstart
