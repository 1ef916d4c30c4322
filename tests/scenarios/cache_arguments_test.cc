// What a cache takes: types, and loaders that ask the cache themselves.
#include <atomic>

#include "redstart/patterns/cache.h"
#include "tests/scenarios/stores.h"

namespace redstart::scenarios {
namespace {

using namespace std::chrono_literals;
using Text = std::optional<std::string>;

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

// --- Tags

// As when a new version of a program gives a tag to what an older one has cached.
TEST_P(CacheLoaders, a_tag_that_a_refresh_names_first_can_be_invalidated) {
  std::atomic<int64_t> now_ms{1'700'000'000'000};
  Cache cache(client(), {.default_ttl = 100s, .refresh_ahead_factor = 0.5, .clock = [&] { return now_ms.load(); }});
  std::string stored = "first";
  const auto load = [&] { return stored; };
  value_of(cache.get_or_load<std::string>("k", load));
  now_ms += 60'000;
  stored = "second";
  const LoadOptions tagged{.tags = {"t"}};
  EXPECT_EQ(value_of(cache.get_or_load<std::string>("k", load, tagged)), "first");
  cache.drain_refreshes();
  EXPECT_EQ(value_of(cache.get_or_load<std::string>("k", load, tagged)), "second");
  stored = "third";
  value_of(cache.invalidate_tag("t"));
  EXPECT_EQ(value_of(cache.get_or_load<std::string>("k", load, tagged)), "third");
}

// --- Loaders that ask

TEST_P(CacheLoaders, are_told_when_they_ask_for_their_own_key) {
  // Without a timeout the loader runs on the caller's thread, with one on the cache's.
  for (const auto timeout : {0ms, 60'000ms}) {
    Cache cache(client(), {.load_timeout = timeout});
    result<Text> inner;
    const auto loader = [&]() -> Text {
      inner = cache.get_or_load<std::string>("k", [] { return Text("inner"); });
      return "outer";
    };
    EXPECT_EQ(value_of(cache.get_or_load<std::string>("k", loader)), "outer");
    ASSERT_FALSE(inner.has_value());
    EXPECT_EQ(inner.error().code, ErrorCode::invalid_argument);
    EXPECT_EQ(inner.error().message, "the loader of 'k' asks for the same key");
    EXPECT_EQ(value_of(cache.get_or_load<std::string>("k", loader)), "outer");
    EXPECT_EQ(cache.stats().loads, 1u);
    value_of(client().flushall());
  }
}

TEST_P(CacheLoaders, are_told_when_they_come_back_to_their_key_by_way_of_another) {
  Cache cache(client());
  result<Text> back;
  const auto other = [&]() -> Text {
    back = cache.get_or_load<std::string>("a", [] { return Text("never"); });
    return "b";
  };
  const auto loader = [&] { return Text("a" + *value_of(cache.get_or_load<std::string>("b", other))); };
  EXPECT_EQ(value_of(cache.get_or_load<std::string>("a", loader)), "ab");
  ASSERT_FALSE(back.has_value());
  EXPECT_EQ(back.error().code, ErrorCode::invalid_argument);
}

}  // namespace
}  // namespace redstart::scenarios
