#include "base/digest.h"

#include <gtest/gtest.h>

namespace redstart {
namespace {

// Keys of caches are made of it: it must never change.
TEST(StableDigest, is_that_of_xxh3_with_128_bits) {
  EXPECT_EQ(stable_digest(""), "99aa06d3014798d86001c324468d497f");
  EXPECT_NE(stable_digest("a"), stable_digest("b"));
  EXPECT_EQ(stable_digest("a").size(), 32u);
}

}  // namespace
}  // namespace redstart
