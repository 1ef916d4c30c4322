#include "base/bytes.h"

#include <gtest/gtest.h>

#include <string>

namespace redstart {
namespace {

TEST(Bytes, are_the_same_when_no_byte_differs) {
  for (size_t size = 0; size <= 40; ++size) {
    const std::string bytes(size, 'a');
    EXPECT_TRUE(is_same(bytes, std::string(size, 'a')));
    EXPECT_FALSE(is_same(bytes, std::string(size + 1, 'a')));
    for (size_t i = 0; i < size; ++i) {
      std::string other = bytes;
      other[i] = '\xff';
      EXPECT_FALSE(is_same(bytes, other)) << i << " of " << size;
    }
  }
}

}  // namespace
}  // namespace redstart
