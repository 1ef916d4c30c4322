#include "types/memory_order.h"

#include <gtest/gtest.h>

#include <set>
#include <string>

#include "types/hash/hash.h"
#include "types/set/set.h"

namespace redstart {
namespace {

const EncodingLimits kLimits;

TEST(MemoryOrder, gives_each_record_once) {
  for (const size_t count : {600u, 16'384u, 100'000u}) {
    Object object = Set::make();
    Set set(object);
    std::set<std::string> expected;
    for (size_t i = 0; i < count; ++i) {
      expected.insert("member " + std::to_string(i));
      set.add("member " + std::to_string(i), kLimits);
    }
    // Gaps, and buckets that were merged again.
    for (size_t i = 0; i < count; i += 3) {
      expected.erase("member " + std::to_string(i));
      set.remove("member " + std::to_string(i));
    }
    std::multiset<std::string> seen;
    set.for_each([&](std::string_view member) { seen.emplace(member); });
    EXPECT_TRUE(std::ranges::equal(seen, expected)) << count;
    set.destroy();
  }
}

TEST(MemoryOrder, is_that_of_the_addresses_in_the_large) {
  Object object = Hash::make();
  Hash hash(object);
  for (size_t i = 0; i < 200'000; ++i) hash.set("field " + std::to_string(i), "value", kLimits);
  size_t far_jumps = 0;
  const char* previous = nullptr;
  hash.for_each([&](std::string_view field, std::string_view) {
    far_jumps += previous && std::abs(field.data() - previous) > 1024 * 1024;
    previous = field.data();
  });
  EXPECT_LT(far_jumps, 10'000u);  // in the table's own order it is most of them
  hash.destroy();
}

}  // namespace
}  // namespace redstart
