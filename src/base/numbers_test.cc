#include "base/numbers.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <limits>
#include <string>

#include "base/random.h"

namespace redstart {
namespace {

void expect_formatted(int64_t value) {
  char text[24];
  EXPECT_EQ(std::string(text, format_int64(value, text)), std::to_string(value));
}

TEST(Numbers, an_integer_is_written_as_the_standard_library_does) {
  expect_formatted(0);
  expect_formatted(std::numeric_limits<int64_t>::max());
  expect_formatted(std::numeric_limits<int64_t>::min());
  for (int64_t power = 1; power < std::numeric_limits<int64_t>::max() / 10; power *= 10) {
    for (const int64_t value : {power - 1, power, power + 1, power * 10 - 1, power * 9 + 7}) {
      expect_formatted(value);
      expect_formatted(-value);
    }
  }
  Random random(1);
  for (int i = 0; i < 10000; ++i) expect_formatted(static_cast<int64_t>(random.next() >> random.below(64)));
}

}  // namespace
}  // namespace redstart
