// Cached functions, and how values become bytes.
#include "redstart/patterns/cached_function.h"

#include <limits>
#include <map>

#include "redstart/patterns/json_serializer.h"
#include "redstart/patterns/message_pack_serializer.h"
#include "tests/scenarios/stores.h"

namespace redstart::scenarios {

struct Product {
  std::string name;
  int64_t price_cents = 0;
  std::map<std::string, int> stock = {};
  bool operator==(const Product&) const = default;
  MSGPACK_DEFINE(name, price_cents, stock)
};
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(Product, name, price_cents, stock)

struct Packed : Product {
  bool operator==(const Packed&) const = default;
};

}  // namespace redstart::scenarios

template <>
struct redstart::CacheSerializer<redstart::scenarios::Product>
    : redstart::JsonSerializer<redstart::scenarios::Product> {};
template <>
struct redstart::CacheSerializer<redstart::scenarios::Packed>
    : redstart::MessagePackSerializer<redstart::scenarios::Packed> {};

namespace redstart::scenarios {
namespace {

using namespace std::chrono_literals;

class CachedFunctions : public StoreTest {};
INSTANTIATE_TEST_SUITE_P(Stores, CachedFunctions, kAllStores, name_of);

TEST(CacheSerializers, say_nothing_of_bytes_that_they_cannot_read) {
  EXPECT_EQ(CacheSerializer<int>::decode("12x"), std::nullopt);
  EXPECT_EQ(CacheSerializer<uint8_t>::decode("256"), std::nullopt);
  EXPECT_EQ(CacheSerializer<Product>::decode("{\"name\": \"lamp\"}"), std::nullopt);
  EXPECT_EQ(CacheSerializer<Product>::decode("no json"), std::nullopt);
  EXPECT_EQ(CacheSerializer<Packed>::decode("\xc1"), std::nullopt);
  EXPECT_EQ(CacheSerializer<Packed>::decode(CacheSerializer<std::string>::encode("text")), std::nullopt);
}

TEST(CacheSerializers, give_back_what_they_were_given) {
  for (const double value : {0.1, -0.0, 1e300, std::numeric_limits<double>::denorm_min()}) {
    EXPECT_EQ(CacheSerializer<double>::decode(CacheSerializer<double>::encode(value)), value);
  }
  const int64_t least = std::numeric_limits<int64_t>::min();
  EXPECT_EQ(CacheSerializer<int64_t>::decode(CacheSerializer<int64_t>::encode(least)), least);
  const Product product{"lämp", 1999, {{"berlin", 3}}};
  EXPECT_EQ(CacheSerializer<Product>::decode(CacheSerializer<Product>::encode(product)), product);
  Packed packed{product};
  EXPECT_EQ(CacheSerializer<Packed>::decode(CacheSerializer<Packed>::encode(packed)), packed);
  EXPECT_LT(CacheSerializer<Packed>::encode(packed).size(), CacheSerializer<Product>::encode(product).size());
}

TEST_P(CachedFunctions, call_the_function_once_for_equal_arguments) {
  Cache cache(client());
  int calls = 0;
  CachedFunction profile(cache, "profile", [&calls](int64_t id, const std::string& town) {
    ++calls;
    return Product{town, id};
  });
  EXPECT_EQ(value_of(profile(7, "Rome"))->price_cents, 7);
  EXPECT_EQ(value_of(profile(7, std::string_view("Rome")))->name, "Rome");
  EXPECT_EQ(calls, 1);
  EXPECT_EQ(value_of(profile(7, "Oslo"))->name, "Oslo");
  EXPECT_EQ(calls, 2);
  EXPECT_TRUE(value_of(profile.invalidate(7, "Rome")));
  value_of(profile(7, "Rome"));
  EXPECT_EQ(calls, 3);
  EXPECT_NE(profile.key(7, "Rome"), profile.key("7", "Rome"));
}

TEST_P(CachedFunctions, tag_their_results_by_their_arguments) {
  Cache cache(client());
  int calls = 0;
  const auto find = [&calls](int64_t id) -> std::optional<Product> {
    ++calls;
    return Product{"product", id};
  };
  CachedFunction product(cache, "product", find, {.ttl = 10min, .tags = {"products"}}, [](int64_t id) {
    return std::vector{"product:" + std::to_string(id)};
  });
  value_of(product(1));
  value_of(product(2));
  value_of(cache.invalidate_tag("product:1"));
  value_of(product(1));
  value_of(product(2));
  EXPECT_EQ(calls, 3);
  EXPECT_EQ(value_of(cache.invalidate_by_tag("products")), 2u);
}

TEST_P(CachedFunctions, large_results_may_be_stored_compressed) {
  const std::string text(100'000, 'x');
  Cache packing(client(), {.compression = CompressionOptions{}});
  Cache plain(client());
  EXPECT_EQ(value_of(packing.get_or_load<std::string>("k", [&] { return text; })), text);
  EXPECT_LT(value_of(client().strlen("k")), 1000);
  EXPECT_EQ(value_of(packing.get<std::string>("k")).value, text);
  // Who does not compress can read it all the same.
  EXPECT_EQ(value_of(plain.get<std::string>("k")).value, text);
  EXPECT_TRUE(value_of(plain.put<std::string>("k", text)));
  EXPECT_EQ(value_of(packing.get<std::string>("k")).value, text);
}

}  // namespace
}  // namespace redstart::scenarios
