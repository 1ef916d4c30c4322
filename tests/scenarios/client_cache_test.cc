// What a user of ClientCache may rely on: over every store, and when connections are cut between a read and the
// invalidation that follows it.
#include <algorithm>
#include <atomic>
#include <mutex>

#include "base/random.h"
#include "tests/scenarios/fault_proxy.h"
#include "tests/scenarios/stores.h"

namespace redstart::scenarios {
namespace {

using namespace std::chrono_literals;
using Clock = std::chrono::steady_clock;
using Strings = std::vector<std::string>;
using Mode = FaultProxy::Mode;

class NearCache : public StoreTest {
 protected:
  // One that keeps something already.
  ClientCache cache(ClientCacheOptions options = {}) {
    auto opened = ClientCache::open(client(), std::move(options));
    EXPECT_TRUE(opened.has_value()) << (opened ? "" : opened.error().message);
    return std::move(*opened);
  }
};
INSTANTIATE_TEST_SUITE_P(Stores, NearCache, kAllStores, name_of);

TEST_P(NearCache, refuses_options_that_cannot_be_kept) {
  EXPECT_EQ(ClientCache::open(client(), {.bytes_max = 0}).error().code, ErrorCode::invalid_argument);
  EXPECT_EQ(ClientCache::open(client(), {.staleness_max = 1ms}).error().code, ErrorCode::invalid_argument);
  EXPECT_EQ(ClientCache::open(client(), {.prefixes = {"a:"}}).error().code, ErrorCode::invalid_argument);
  const auto overlapping = ClientCache::open(client(), {.broadcasts = true, .prefixes = {"a", "ab"}});
  ASSERT_FALSE(overlapping.has_value());
  EXPECT_TRUE(overlapping.error().message.contains("overlaps")) << overlapping.error().message;
}

TEST_P(NearCache, tells_an_error_of_the_store_and_keeps_nothing_then) {
  ClientCache near = cache();
  value_of(client().rpush("list", "x"));
  EXPECT_EQ(near.get("list").error().code, ErrorCode::wrong_type);
  EXPECT_EQ(near.stats().entries, 0u);
}

TEST_P(NearCache, answers_the_second_read_and_hears_of_changes) {
  ClientCache near = cache();
  value_of(client().set("k", "v1"));
  EXPECT_EQ(value_of(near.get("k")), "v1");
  EXPECT_EQ(value_of(near.get("k")), "v1");
  EXPECT_EQ(near.stats().hits, 1u);
  value_of(client().set("k", "v2"));
  EXPECT_TRUE(eventually([&] { return value_of(near.get("k")) == "v2"; }));
  EXPECT_GE(near.stats().invalidations, 1u);
  value_of(client().del("k"));
  EXPECT_TRUE(eventually([&] { return value_of(near.get("k")) == std::nullopt; }));
}

TEST_P(NearCache, keeps_that_a_key_is_missing_until_it_is_made) {
  ClientCache near = cache();
  EXPECT_EQ(value_of(near.get("k")), std::nullopt);
  EXPECT_EQ(value_of(near.get("k")), std::nullopt);
  EXPECT_EQ(near.stats().hits, 1u);
  value_of(client().set("k", "v"));
  EXPECT_TRUE(eventually([&] { return value_of(near.get("k")) == "v"; }));
}

TEST_P(NearCache, forgets_what_it_is_told_to) {
  ClientCache near = cache();
  for (int i = 0; i < 200; ++i) {
    value_of(client().set("k", std::to_string(i)));
    near.forget("k");
    ASSERT_EQ(value_of(near.get("k")), std::to_string(i));
  }
}

TEST_P(NearCache, reads_many_keys_and_asks_only_for_what_is_not_here) {
  ClientCache near = cache();
  value_of(client().mset(StringPairs{{"a", "1"}, {"b", "2"}}));
  value_of(near.get("a"));
  const Strings keys = {"a", "none", "b"};
  const std::vector<std::optional<std::string>> expected = {"1", std::nullopt, "2"};
  EXPECT_EQ(value_of(near.mget(keys)), expected);
  const uint64_t misses = near.stats().misses;
  EXPECT_EQ(value_of(near.mget(keys)), expected);
  EXPECT_EQ(near.stats().misses, misses);
}

TEST_P(NearCache, lends_values_and_fills_the_callers_string) {
  ClientCache near = cache();
  value_of(client().set("k", "value"));
  std::string text = "before";
  for (int i = 0; i < 2; ++i) {
    EXPECT_TRUE(value_of(near.get("k", text)));
    EXPECT_EQ(text, "value");
    size_t bytes = 0;
    value_of(near.read("k", [&](std::optional<std::string_view> value) { bytes = value->size(); }));
    EXPECT_EQ(bytes, 5u);
  }
  EXPECT_FALSE(value_of(near.get("none", text)));
}

TEST_P(NearCache, a_flush_of_the_store_empties_it) {
  ClientCache near = cache();
  value_of(client().set("k", "v"));
  value_of(near.get("k"));
  value_of(client().flushall());
  EXPECT_TRUE(eventually([&] { return value_of(near.get("k")) == std::nullopt; }));
}

TEST_P(NearCache, broadcasts_tell_of_keys_below_prefixes) {
  ClientCache near = cache({.broadcasts = true, .prefixes = {"user:"}});
  for (int i = 0; i < 20; ++i) value_of(client().set("user:" + std::to_string(i), "1"));
  for (int i = 0; i < 20; ++i) value_of(near.get("user:" + std::to_string(i)));
  for (int i = 0; i < 20; ++i) value_of(client().set("user:" + std::to_string(i), "2"));
  for (int i = 0; i < 20; ++i) {
    EXPECT_TRUE(eventually([&] { return value_of(near.get("user:" + std::to_string(i))) == "2"; })) << i;
  }
}

TEST_P(NearCache, stays_within_its_bytes) {
  ClientCache near = cache({.bytes_max = 100'000});
  const std::string value(500, 'x');
  for (int i = 0; i < 1000; ++i) {
    value_of(client().set(std::to_string(i), value));
    value_of(near.get(std::to_string(i)));
  }
  EXPECT_LE(near.stats().bytes, 100'000u);
  EXPECT_GT(near.stats().evictions, 500u);
}

// --- Faults

class NearCacheFaults : public ServerTest {};
INSTANTIATE_TEST_SUITE_P(Servers, NearCacheFaults, kServers, name_of);

// The invalidation cannot come: the value must not be given out for longer than was promised.
TEST_P(NearCacheFaults, a_silent_connection_is_believed_no_longer_than_promised) {
  ServerProcess server(program());
  FaultProxy proxy(server.port());
  Client direct = open_or_fail(server.url()), through = open_or_fail(proxy.url() + "?call_timeout_ms=300");
  ClientCache near = std::move(*ClientCache::open(through, {.staleness_max = 200ms}));
  value_of(direct.set("k", "old"));
  EXPECT_EQ(value_of(near.get("k")), "old");
  proxy.set(Mode::freeze);
  value_of(direct.set("k", "new"));
  const auto written_at = Clock::now();
  while (true) {
    const auto asked_at = Clock::now();
    const auto got = near.get("k");
    if (!got) break;  // it asked the store, which does not answer
    ASSERT_EQ(*got, "old");
    ASSERT_LT(asked_at - written_at, 200ms);
  }
  proxy.set(Mode::pass);
  EXPECT_TRUE(eventually([&] { return near.get("k").value_or(std::nullopt) == "new"; }));
  EXPECT_GE(near.stats().losses, 1u);
}

TEST_P(NearCacheFaults, a_cut_connection_empties_it_at_once) {
  ServerProcess server(program());
  FaultProxy proxy(server.port());
  Client direct = open_or_fail(server.url()), through = open_or_fail(proxy.url());
  ClientCache near = std::move(*ClientCache::open(through, {.staleness_max = 10s}));
  value_of(direct.set("k", "old"));
  EXPECT_EQ(value_of(near.get("k")), "old");
  // The next byte to the client, which is the invalidation's first, cuts the connection.
  proxy.set(Mode::cut_reply);
  value_of(direct.set("k", "new"));
  EXPECT_TRUE(eventually([&] { return near.stats().losses == 1; }));
  EXPECT_EQ(value_of(near.get("k")), "new");
  EXPECT_TRUE(eventually([&] { return near.is_vouched_for(); }));
  EXPECT_EQ(value_of(near.get("k")), "new");
}

TEST_P(NearCacheFaults, a_server_that_is_down_is_asked_and_its_errors_told) {
  ServerProcess server(program());
  Client client = open_or_fail(server.url() + "?reconnect_delay_max_ms=50");
  ClientCache near = std::move(*ClientCache::open(client, {.staleness_max = 200ms}));
  value_of(client.set("k", "v"));
  value_of(near.get("k"));
  server.kill();
  EXPECT_TRUE(eventually([&] { return !near.get("k").has_value(); }));
  ASSERT_TRUE(server.start());
  EXPECT_TRUE(eventually([&] { return near.get("k").has_value() && near.is_vouched_for(); }));
  EXPECT_EQ(value_of(near.get("k")), std::nullopt);  // the server came back empty
}

// Writers raise numbers; readers through a cache behind a network that cuts, stalls and delays. A number that is read
// must be at least what had been acknowledged staleness_max before the read began, and no number of a key goes back
// for one reader by more than that allows.
TEST_P(NearCacheFaults, nothing_older_than_promised_is_read_over_a_bad_network) {
  constexpr auto kStaleness = 150ms;
  constexpr size_t kKeys = 4;
  ServerProcess server(program());
  FaultProxy proxy(server.port());
  Client direct = open_or_fail(server.url());
  Client through = open_or_fail(proxy.url() + "?reconnect_delay_max_ms=20&call_timeout_ms=300");
  ClientCache near = std::move(*ClientCache::open(through, {.staleness_max = kStaleness}));
  struct Written {
    std::mutex mutex;
    std::vector<std::pair<Clock::time_point, int>> history;  // when a number was acknowledged
    int at_least(Clock::time_point when) {
      const std::lock_guard lock(mutex);
      int number = 0;
      for (const auto& [time, value] : history) {
        if (time <= when) number = value;
      }
      return number;
    }
  };
  std::array<Written, kKeys> written;
  std::atomic<bool> stop{false};
  std::atomic<int> stale{0}, reads{0};
  std::vector<std::thread> threads;
  threads.emplace_back([&] {
    Random random(3);
    for (int i = 1; !stop; ++i) {
      const size_t key = random.below(kKeys);
      if (!direct.set("k" + std::to_string(key), std::to_string(i))) continue;
      const std::lock_guard lock(written[key].mutex);
      written[key].history.emplace_back(Clock::now(), i);
    }
  });
  for (uint64_t t = 0; t < 3; ++t) {
    threads.emplace_back([&, t] {
      Random random(t + 20);
      while (!stop) {
        const size_t key = random.below(kKeys);
        const auto asked_at = Clock::now();
        const auto got = near.get("k" + std::to_string(key));
        if (!got) continue;
        ++reads;
        const int number = *got ? std::stoi(**got) : 0;
        if (number < written[key].at_least(asked_at - kStaleness)) ++stale;
        std::this_thread::yield();
      }
    });
  }
  Random random(5);
  for (int i = 0; i < 25; ++i) {
    const Mode modes[] = {Mode::cut_reply, Mode::delay, Mode::freeze, Mode::cut_request, Mode::pass};
    proxy.set(modes[random.below(5)], static_cast<int64_t>(random.below(40)));
    std::this_thread::sleep_for(40ms);
  }
  proxy.set(Mode::pass);
  EXPECT_TRUE(eventually([&] { return near.is_vouched_for(); }));
  const uint64_t hits = near.stats().hits;
  EXPECT_TRUE(eventually([&] { return near.stats().hits > hits + 100 && reads > 1000; }));
  stop = true;
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(stale, 0);
  EXPECT_LE(near.stats().staleness_seen, kStaleness);
}

}  // namespace
}  // namespace redstart::scenarios
