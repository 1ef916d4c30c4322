// Intsets against std::set<int64_t>.
#include "types/intset.h"

#include <gtest/gtest.h>

#include <set>
#include <string>

#include "base/random.h"

namespace redstart {
namespace {

int64_t random_integer(Random& random, int bits) {
  return static_cast<int64_t>(random.next()) >> (64 - bits);
}

void expect_same(const intset::Blob blob, const std::set<int64_t>& model) {
  ASSERT_EQ(intset::count(blob), model.size());
  size_t index = 0;
  for (const int64_t value : model) ASSERT_EQ(intset::get(blob, index++), value);
}

TEST(Intset, holds_what_a_set_holds_while_it_widens) {
  for (uint64_t seed = 1; seed <= 20; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    Random random(seed);
    auto blob = intset::create();
    std::set<int64_t> model;
    for (const int bits : {4, 16, 17, 32, 33, 64}) {
      for (int step = 0; step < 100; ++step) {
        const int64_t value = random_integer(random, bits);
        ASSERT_EQ(intset::contains(blob, value), model.contains(value));
        if (random.below(3) > 0) {
          ASSERT_EQ(intset::add(blob, value), model.insert(value).second);
        } else {
          ASSERT_EQ(intset::remove(blob, value), model.erase(value) == 1);
        }
        expect_same(blob, model);
        if (HasFatalFailure()) return;
      }
    }
    auto copy = intset::clone(blob);
    intset::free(blob);
    expect_same(copy, model);
    intset::free(copy);
  }
}

TEST(Intset, holds_the_extremes) {
  auto blob = intset::create();
  for (const int64_t value : {int64_t{0}, INT64_MAX, INT64_MIN})
    EXPECT_TRUE(intset::add(blob, value));
  EXPECT_FALSE(intset::add(blob, INT64_MIN));
  EXPECT_EQ(intset::get(blob, 0), INT64_MIN);
  EXPECT_EQ(intset::get(blob, 2), INT64_MAX);
  intset::free(blob);
}

}  // namespace
}  // namespace redstart
