// What a cache takes: types.
#include "redstart/patterns/cache.h"
#include "tests/scenarios/stores.h"

namespace redstart::scenarios {
namespace {

// --- Types

struct Unknown {};
static_assert(!CacheSerializable<Unknown>);
static_assert(CacheSerializable<std::string> && CacheSerializable<int> && CacheSerializable<double>);
static_assert(CacheSerializable<bool>);

TEST(CacheSerializers, take_no_other_bytes_for_a_bool) {
  for (const char* bytes : {"", "2", "10", "true", " 1"}) EXPECT_EQ(CacheSerializer<bool>::decode(bytes), std::nullopt);
  for (const bool value : {true, false}) {
    EXPECT_EQ(CacheSerializer<bool>::decode(CacheSerializer<bool>::encode(value)), value);
  }
}

class CacheLoaders : public StoreTest {};
INSTANTIATE_TEST_SUITE_P(Stores, CacheLoaders, kAllStores, name_of);

TEST_P(CacheLoaders, give_true_and_false) {
  Cache cache(client());
  for (const bool value : {true, false}) {
    const std::string key = cache.key("is", value);
    for (int i = 0; i < 2; ++i) {
      EXPECT_EQ(value_of(cache.get_or_load<bool>(key, [&] { return std::optional(value); })), value);
    }
    EXPECT_EQ(value_of(client().get(key)).has_value(), true);
  }
  EXPECT_EQ(cache.stats().loads, 2u);
}

}  // namespace
}  // namespace redstart::scenarios
