#include "base/crc64.h"

#include <gtest/gtest.h>

#include <string>

namespace redstart {
namespace {

TEST(Crc64, is_the_one_that_redis_uses) {
  EXPECT_EQ(crc64(0, ""), 0u);
  EXPECT_EQ(crc64(0, "123456789"), 0xe9c6d914c4b8d9caULL);
}

TEST(Crc64, goes_on_where_another_part_ended) {
  std::string bytes;
  for (int i = 0; i < 1000; ++i) bytes += static_cast<char>(i * 7);
  const uint64_t whole = crc64(0, bytes);
  for (size_t cut = 0; cut <= bytes.size(); ++cut) {
    const std::string_view view = bytes;
    EXPECT_EQ(crc64(crc64(0, view.substr(0, cut)), view.substr(cut)), whole) << "cut at " << cut;
  }
}

}  // namespace
}  // namespace redstart
