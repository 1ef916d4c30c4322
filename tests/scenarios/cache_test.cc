// The cache over every store: who loads, what is given meanwhile, and what an invalidation or a write makes of loads
// that run. Several caches over one store stand for several processes. Time is the test's.
#include "redstart/patterns/cache.h"

#include <atomic>
#include <condition_variable>
#include <mutex>
#include <set>
#include <stdexcept>

#include "tests/scenarios/child_process.h"
#include "tests/scenarios/fault_proxy.h"
#include "tests/scenarios/stores.h"

namespace redstart::scenarios {
namespace {

using namespace std::chrono_literals;
using Text = std::optional<std::string>;
using Mode = FaultProxy::Mode;
using InCache = WrittenThrough::InCache;

// A loader that counts, and can be held back, fail, and say that there is nothing.
class Source {
 public:
  std::function<Text()> loader() {
    return [this]() -> Text {
      std::unique_lock lock(mutex_);
      ++calls_;
      changed_.notify_all();
      const Text value = value_;  // what the database says as the load begins
      changed_.wait(lock, [&] { return !held_; });
      if (failing_) throw std::runtime_error("the database is away");
      return value;
    };
  }
  void set(Text value) {
    const std::lock_guard lock(mutex_);
    value_ = std::move(value);
  }
  void fail(bool failing) {
    const std::lock_guard lock(mutex_);
    failing_ = failing;
  }
  void hold() {
    const std::lock_guard lock(mutex_);
    held_ = true;
  }
  void release() {
    const std::lock_guard lock(mutex_);
    held_ = false;
    changed_.notify_all();
  }
  int calls() {
    const std::lock_guard lock(mutex_);
    return calls_;
  }
  void wait_for_calls(int calls) {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return calls_ >= calls; });
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  Text value_ = "loaded";
  int calls_ = 0;
  bool held_ = false, failing_ = false;
};

class CacheTest : public StoreTest {
 protected:
  CacheOptions with_clock(CacheOptions options = {}) {
    options.clock = [this] { return now_ms_.load(); };
    return options;
  }
  void pass(std::chrono::milliseconds time) { now_ms_ += time.count(); }
  static Text get(Cache& cache, const std::string& key, Source& source, const LoadOptions& options = {}) {
    return value_of(cache.get_or_load<std::string>(key, source.loader(), options));
  }

  std::atomic<int64_t> now_ms_{1'700'000'000'000};
  Source source_;
};

class CacheLoads : public CacheTest {};
class CacheTags : public CacheTest {};
class CacheWrites : public CacheTest {};
class CacheLevels : public CacheTest {
 protected:
  std::vector<Coherence> ways() const {
    if (is_cluster()) return {Coherence::publish};
    return {Coherence::publish, Coherence::tracking};
  }
};
class CacheFaults : public ServerTest {};
INSTANTIATE_TEST_SUITE_P(Stores, CacheLoads, kAllStores, name_of);
INSTANTIATE_TEST_SUITE_P(Stores, CacheTags, kAllStores, name_of);
INSTANTIATE_TEST_SUITE_P(Stores, CacheWrites, kAllStores, name_of);
INSTANTIATE_TEST_SUITE_P(Stores, CacheLevels, kAllStores, name_of);
INSTANTIATE_TEST_SUITE_P(Servers, CacheFaults, kServers, name_of);

// --- Loads

TEST_P(CacheLoads, a_failing_refresh_leaves_the_value_and_is_not_repeated_at_once) {
  Cache cache(client(), with_clock({.default_ttl = 100s, .refresh_ahead_factor = 0.5, .refresh_retry_delay = 5s}));
  EXPECT_EQ(get(cache, "k", source_), "loaded");
  source_.fail(true);
  pass(60s);
  for (int i = 0; i < 3; ++i) {
    EXPECT_EQ(get(cache, "k", source_), "loaded");
    cache.drain_refreshes();
  }
  EXPECT_EQ(source_.calls(), 2);
  EXPECT_EQ(cache.stats().refresh_failures, 1u);
  source_.fail(false);
  source_.set("newer");
  pass(6s);
  EXPECT_EQ(get(cache, "k", source_), "loaded");
  cache.drain_refreshes();
  EXPECT_EQ(get(cache, "k", source_), "newer");
}

TEST_P(CacheLoads, refreshes_from_the_given_part_of_the_life_on_and_once) {
  Cache cache(client(), with_clock({.default_ttl = 100s, .refresh_ahead_factor = 0.8}));
  get(cache, "k", source_);
  pass(79s);
  get(cache, "k", source_);
  cache.drain_refreshes();
  EXPECT_EQ(source_.calls(), 1);
  pass(1s);
  source_.hold();
  for (int i = 0; i < 5; ++i) EXPECT_EQ(get(cache, "k", source_), "loaded");
  source_.release();
  cache.drain_refreshes();
  EXPECT_EQ(source_.calls(), 2);
  EXPECT_EQ(cache.stats().refreshes, 1u);
}

TEST_P(CacheLoads, xfetch_refreshes_by_chance_the_likelier_the_slower_the_loader) {
  Cache eager(client(), with_clock({.default_ttl = 100s, .refresh_ahead_factor = 1, .xfetch_beta = 1e9}));
  Cache lazy(client(), with_clock({.default_ttl = 100s, .refresh_ahead_factor = 1, .xfetch_beta = 1e-9}));
  const auto slow = [this]() -> Text {
    std::this_thread::sleep_for(2ms);
    return *source_.loader()();
  };
  for (Cache* const cache : {&eager, &lazy}) {
    value_of(client().del("k"));
    value_of(cache->get_or_load<std::string>("k", slow));
    value_of(cache->get_or_load<std::string>("k", slow));
    cache->drain_refreshes();
  }
  EXPECT_EQ(eager.stats().refreshes, 1u);
  EXPECT_EQ(lazy.stats().refreshes, 0u);
}

TEST_P(CacheLoads, a_stale_value_is_given_within_its_limits) {
  Cache cache(client(), with_clock({.default_ttl = 10s,
                                    .refresh_ahead_factor = 1,
                                    .stale_while_revalidate = 5s,
                                    .stale_on_error = 60s}));
  get(cache, "k", source_);
  source_.set("newer");
  pass(12s);
  EXPECT_EQ(get(cache, "k", source_), "loaded");
  cache.drain_refreshes();
  EXPECT_EQ(cache.stats().stale_hits, 1u);
  EXPECT_EQ(get(cache, "k", source_), "newer");
  // Past the first limit the caller waits for the loader; when that fails, the second limit counts.
  source_.fail(true);
  pass(16s);
  EXPECT_EQ(get(cache, "k", source_), "newer");
  EXPECT_EQ(cache.stats().stale_on_error, 1u);
  pass(60s);
  EXPECT_FALSE(cache.get_or_load<std::string>("k", source_.loader()).has_value());
  source_.fail(false);
  EXPECT_EQ(get(cache, "k", source_), "newer");
}

TEST_P(CacheLoads, a_late_loader_costs_no_more_than_the_timeouts_and_is_stored_all_the_same) {
  Cache cache(client(), with_clock({.default_ttl = 10s,
                                    .refresh_ahead_factor = 1,
                                    .stale_on_error = 60s,
                                    .soft_load_timeout = 5ms,
                                    .load_timeout = 20ms}));
  source_.hold();
  const auto late = cache.get_or_load<std::string>("k", source_.loader());
  ASSERT_FALSE(late.has_value());
  EXPECT_EQ(late.error().code, ErrorCode::timed_out);
  source_.release();
  EXPECT_TRUE(eventually([&] { return value_of(cache.get<std::string>("k")).value == "loaded"; }));
  EXPECT_EQ(source_.calls(), 1);
  source_.set("newer");
  source_.hold();
  pass(11s);
  EXPECT_EQ(get(cache, "k", source_), "loaded");
  EXPECT_EQ(cache.stats().stale_on_error, 1u);
  EXPECT_EQ(cache.stats().timeouts, 1u);
  source_.release();
  EXPECT_TRUE(eventually([&] { return value_of(cache.get<std::string>("k")).value == "newer"; }));
}

TEST_P(CacheLoads, lives_are_shortened_by_chance_and_never_lengthened) {
  Cache cache(client(), {.default_ttl = 100s, .ttl_jitter = 0.5});
  std::set<int64_t> lives;
  for (int i = 0; i < 50; ++i) {
    const std::string key = cache.key("k", i);
    get(cache, key, source_);
    lives.insert(value_of(client().ttl(key)));
  }
  EXPECT_GT(lives.size(), 10u);
  EXPECT_GE(*lives.begin(), 49);
  EXPECT_LE(*lives.rbegin(), 100);
}

TEST_P(CacheLoads, an_object_that_is_gone_is_not_given_from_the_old_entry) {
  Cache cache(client(), with_clock({.default_ttl = 10s, .refresh_ahead_factor = 0.5}));
  get(cache, "k", source_);
  source_.set(std::nullopt);
  pass(6s);
  get(cache, "k", source_);
  cache.drain_refreshes();
  EXPECT_EQ(get(cache, "k", source_), std::nullopt);
  EXPECT_FALSE(value_of(client().exists("k")));
}

TEST_P(CacheLoads, nothing_known_and_known_to_be_nothing_differ) {
  Cache cache(client(), {.negative_ttl = 60s});
  EXPECT_EQ(value_of(cache.get<std::string>("k")).source, CacheSource::none);
  EXPECT_EQ(cache.stats().misses, 1u);
  source_.set(std::nullopt);
  EXPECT_EQ(get(cache, "k", source_), std::nullopt);
  const auto found = value_of(cache.get<std::string>("k"));
  EXPECT_EQ(found.source, CacheSource::store);
  EXPECT_EQ(found.value, std::nullopt);
  EXPECT_EQ(cache.stats().hit_ratio(), 33.33);  // a look and a load in vain, then a hit
}

TEST_P(CacheLoads, bytes_that_cannot_be_read_are_loaded_anew) {
  value_of(client().set("foreign", "not an entry of a cache"));
  Cache cache(client());
  EXPECT_EQ(get(cache, "foreign", source_), "loaded");
  EXPECT_EQ(get(cache, "foreign", source_), "loaded");
  EXPECT_EQ(source_.calls(), 1);
  // The same entry, asked for as a number.
  EXPECT_EQ(value_of(cache.get_or_load<int>("foreign", [] { return 7; })), 7);
  EXPECT_EQ(value_of(cache.get_or_load<int>("foreign", [] { return 8; })), 7);
  EXPECT_EQ(cache.stats().undecodable, 1u);
  // A key that holds something else altogether: the loader's value is given, and that is all.
  value_of(client().rpush("list", "x"));
  EXPECT_EQ(get(cache, "list", source_), "loaded");
  EXPECT_EQ(value_of(client().type("list")), "list");
}

TEST_P(CacheLoads, every_request_is_counted_as_one_thing_under_sixteen_threads) {
  Cache cache(client(), {.default_ttl = 1h, .negative_ttl = 1h});
  std::vector<std::thread> threads;
  for (int t = 0; t < 16; ++t) {
    threads.emplace_back([&, t] {
      for (int i = 0; i < 100; ++i) {
        const int id = (i * 7 + t) % 40;
        const auto value = cache.get_or_load<int>(cache.key("n", id), [&] {
          return id % 4 == 0 ? std::optional<int>() : id;
        });
        EXPECT_EQ(value_of(value), id % 4 == 0 ? std::optional<int>() : id);
      }
    });
  }
  for (auto& thread : threads) thread.join();
  const CacheStats stats = cache.stats();
  EXPECT_EQ(stats.total_requests(), 1600u);
  EXPECT_EQ(stats.loads, 40u);
  EXPECT_EQ(stats.fills, 40u);
  EXPECT_EQ(stats.misses, stats.loads + stats.shared_loads + stats.fleet_loads);
}

// --- Several processes

TEST_P(CacheLoads, one_loader_call_for_the_whole_fleet) {
  const CacheOptions options{.one_loader_per_fleet = true};
  Client other_client = another_client();
  Cache one(client(), options), other(other_client, options);
  source_.hold();
  std::vector<std::thread> threads;
  for (Cache* const cache : {&one, &other}) {
    for (int t = 0; t < 4; ++t) {
      threads.emplace_back([&, cache] { EXPECT_EQ(get(*cache, "k", source_), "loaded"); });
    }
  }
  source_.wait_for_calls(1);
  // One caller of each loads, or waits for the other process; the others wait for theirs.
  EXPECT_TRUE(eventually([&] { return one.stats().misses + other.stats().misses == 8; }));
  EXPECT_TRUE(eventually([&] { return one.stats().shared_loads + other.stats().shared_loads == 6; }));
  source_.release();
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(source_.calls(), 1);
  EXPECT_EQ(one.stats().fleet_loads + other.stats().fleet_loads, 1u);
}

TEST_P(CacheLoads, a_failed_load_gives_the_lease_back) {
  const CacheOptions options{.one_loader_per_fleet = true, .lease_ttl = 1h};
  Cache one(client(), options), other(client(), options);
  source_.fail(true);
  EXPECT_FALSE(one.get_or_load<std::string>("k", source_.loader()).has_value());
  source_.fail(false);
  EXPECT_EQ(get(other, "k", source_), "loaded");
}

TEST_P(CacheLoads, a_holder_that_is_too_late_is_fenced_off) {
  const CacheOptions options = with_clock({.one_loader_per_fleet = true, .lease_ttl = 10s});
  Cache slow(client(), options), quick(client(), options);
  Source slow_source;
  slow_source.set("too late");
  slow_source.hold();
  std::thread holder([&] { EXPECT_EQ(get(slow, "k", slow_source), "too late"); });
  slow_source.wait_for_calls(1);
  pass(11s);
  EXPECT_EQ(get(quick, "k", source_), "loaded");
  slow_source.release();
  holder.join();
  EXPECT_EQ(slow.stats().fills_refused, 1u);
  EXPECT_EQ(get(quick, "k", source_), "loaded");
  EXPECT_EQ(source_.calls(), 1);
}

TEST_P(CacheLoads, an_invalidation_by_another_process_wins_over_a_load_that_runs) {
  Cache loading(client()), invalidating(client());
  source_.set("old");
  source_.hold();
  std::thread reader([&] { EXPECT_EQ(get(loading, "k", source_), "old"); });
  source_.wait_for_calls(1);
  source_.set("new");
  EXPECT_FALSE(value_of(invalidating.invalidate("k")));  // only being loaded
  // Who asks from now on does not get what was loaded before.
  std::thread later([&] { EXPECT_EQ(get(loading, "k", source_), "new"); });
  source_.wait_for_calls(2);
  source_.release();
  reader.join();
  later.join();
  EXPECT_EQ(loading.stats().fills_refused, 1u);
  EXPECT_EQ(get(invalidating, "k", source_), "new");
}

// --- Tags

TEST_P(CacheTags, a_load_that_began_before_does_not_undo_an_invalidation_of_its_tag) {
  Cache loading(client()), invalidating(client());
  source_.set("old");
  source_.hold();
  const LoadOptions tagged{.tags = {"products", "inventory"}};
  std::thread reader([&] { EXPECT_EQ(get(loading, "k", source_, tagged), "old"); });
  source_.wait_for_calls(1);
  source_.set("new");
  value_of(invalidating.invalidate_tag("inventory"));
  source_.release();
  reader.join();
  EXPECT_EQ(get(loading, "k", source_, tagged), "new");
  EXPECT_EQ(loading.stats().tag_misses, 1u);
  EXPECT_EQ(get(invalidating, "k", source_, tagged), "new");
  EXPECT_EQ(source_.calls(), 2);
}

TEST_P(CacheTags, an_entry_knows_tags_that_its_reader_does_not_name) {
  Cache cache(client());
  get(cache, "k", source_, {.tags = {"t"}});
  EXPECT_EQ(get(cache, "k", source_), "loaded");
  EXPECT_EQ(source_.calls(), 1);
  value_of(cache.invalidate_tag("t"));
  get(cache, "k", source_);
  EXPECT_EQ(source_.calls(), 2);
}

TEST_P(CacheTags, a_lost_version_is_a_miss_and_never_a_match) {
  Cache cache(client());
  const LoadOptions tagged{.tags = {"t"}};
  get(cache, "k", source_, tagged);
  for (const std::string& key : value_of(client().keys("*version"))) value_of(client().del(key));
  get(cache, "other", source_, tagged);  // the tag gets a version again
  source_.set("new");
  EXPECT_EQ(get(cache, "k", source_, tagged), "new");
}

TEST_P(CacheTags, a_tag_outlives_its_longest_entry) {
  Cache cache(client());
  get(cache, "long", source_, {.ttl = 1h, .tags = {"t"}});
  get(cache, "short", source_, {.ttl = 1s, .tags = {"t"}});
  for (const std::string& key : value_of(client().keys("cache:{tag:t}*"))) {
    EXPECT_GT(value_of(client().pttl(key)), 3'600'000) << key;
  }
  EXPECT_EQ(value_of(cache.invalidate_by_tag("t")), 2u);
  EXPECT_EQ(value_of(client().keys("cache:{tag:t}*")).size(), 0u);
}

TEST_P(CacheTags, members_that_are_due_do_not_pile_up) {
  Cache cache(client(), with_clock());
  for (int i = 0; i < 20; ++i) {
    get(cache, cache.key("k", i), source_, {.ttl = 10s, .tags = {"t"}});
    pass(1s);
  }
  EXPECT_LE(value_of(client().zcard("cache:{tag:t}:entries")), 11);
}

TEST_P(CacheTags, many_entries_go_in_pieces) {
  Cache cache(client());
  for (int i = 0; i < 2500; ++i) get(cache, cache.key("k", i), source_, {.tags = {"t"}});
  get(cache, "untagged", source_);
  EXPECT_EQ(value_of(cache.invalidate_by_tag("t")), 2500u);
  EXPECT_EQ(value_of(client().dbsize()), 1);
}

TEST_P(CacheTags, refuses_to_count_what_it_does_not_know) {
  Cache cache(client(), {.index_tags = false});
  get(cache, "k", source_, {.tags = {"t"}});
  EXPECT_EQ(cache.invalidate_by_tag("t").error().code, ErrorCode::invalid_argument);
  value_of(cache.invalidate_tag("t"));
  get(cache, "k", source_, {.tags = {"t"}});
  EXPECT_EQ(source_.calls(), 2);
}

// --- Writing through

TEST_P(CacheWrites, a_failed_database_write_leaves_the_cache_as_it_was) {
  Cache cache(client());
  get(cache, "k", source_);
  const auto failed =
      cache.write_through<std::string>("k", "new", []() -> uint64_t { throw std::runtime_error("full"); });
  ASSERT_FALSE(failed.has_value());
  EXPECT_NE(failed.error().message.find("full"), std::string::npos);
  EXPECT_EQ(value_of(cache.get<std::string>("k")).value, "loaded");
  EXPECT_GT(value_of(client().ttl("k")), 3500);
  EXPECT_FALSE(cache.write_through<std::string>("missing", "new", []() -> uint64_t { throw 1; }).has_value());
  EXPECT_FALSE(value_of(client().exists("missing")));
}

TEST_P(CacheWrites, the_newest_version_wins_whoever_ends_first) {
  Cache one(client()), other(client());
  const auto late = value_of(one.write_through<std::string>("k", "version 5", [&] {
    const auto quick = value_of(other.write_through<std::string>("k", "version 6", [] { return 6; }));
    EXPECT_EQ(quick.in_cache, InCache::stored);
    return 5;
  }));
  EXPECT_EQ(late.version, 5u);
  EXPECT_EQ(late.in_cache, InCache::superseded);
  EXPECT_EQ(get(one, "k", source_), "version 6");
  EXPECT_EQ(value_of(one.write_through<std::string>("k", "version 7", [] { return 7; })).in_cache, InCache::stored);
  EXPECT_EQ(get(other, "k", source_), "version 7");
  EXPECT_EQ(source_.calls(), 0);
}

TEST_P(CacheWrites, a_load_from_before_a_write_is_not_stored_after_it) {
  Cache loading(client()), writing(client());
  source_.set("old");
  source_.hold();
  std::thread reader([&] { EXPECT_EQ(get(loading, "k", source_), "old"); });
  source_.wait_for_calls(1);
  value_of(writing.write_through<std::string>("k", "new", [] { return 1; }));
  source_.release();
  reader.join();
  EXPECT_EQ(loading.stats().fills_refused, 1u);
  EXPECT_EQ(get(loading, "k", source_), "new");
}

// A load that reads the database between a writer's announcement and its commit, and is stored before it ends.
TEST_P(CacheWrites, a_load_from_within_a_write_does_not_outlive_it) {
  Cache loading(client()), writing(client());
  source_.set("old");
  const auto written = value_of(writing.write_through<std::string>("k", "new", [&] {
    EXPECT_EQ(get(loading, "k", source_), "old");
    return 1;
  }));
  EXPECT_EQ(written.in_cache, InCache::superseded);
  source_.set("new");
  EXPECT_EQ(get(loading, "k", source_), "new");
}

TEST_P(CacheWrites, an_old_entry_lives_for_the_lease_at_most_when_the_writer_dies) {
  Cache cache(client(), {.lease_ttl = 2s});
  get(cache, "k", source_);
  value_of(cache.write_through<std::string>("k", "new", [&] {
    EXPECT_LE(value_of(client().pttl("k")), 2000);  // would the process end here
    return 1;
  }));
  EXPECT_GT(value_of(client().ttl("k")), 3500);
}

TEST_P(CacheWrites, put_keeps_the_newer_version_and_tags) {
  Cache cache(client());
  EXPECT_TRUE(value_of(cache.put<std::string>("k", "v2", {.tags = {"t"}, .version = 2})));
  EXPECT_FALSE(value_of(cache.put<std::string>("k", "v1", {.version = 1})));
  EXPECT_EQ(value_of(cache.get<std::string>("k", {"t"})).value, "v2");
  value_of(cache.invalidate_tag("t"));
  EXPECT_EQ(value_of(cache.get<std::string>("k", {"t"})).source, CacheSource::none);
  EXPECT_TRUE(value_of(cache.put<std::string>("k", "any")));
}

// --- The local level

class TwoProcesses {
 public:
  TwoProcesses(Client first, Client second, Coherence coherence, UnixClock clock = {})
      : one(std::move(first), options(coherence, clock)), other(std::move(second), options(coherence, clock)) {
    EXPECT_TRUE(one.wait_for_local_level(10s));
    EXPECT_TRUE(other.wait_for_local_level(10s));
  }
  static CacheOptions options(Coherence coherence, const UnixClock& clock) {
    return {.refresh_ahead_factor = 1,
            .local = {.entries_max = 100, .ttl_max = 60s, .coherence = coherence},
            .clock = clock};
  }
  Cache one, other;
};

TEST_P(CacheLevels, a_hit_in_the_store_fills_the_local_level) {
  TwoProcesses two(client(), another_client(), Coherence::publish);
  const std::string key = two.one.key("k");
  EXPECT_TRUE(value_of(two.one.put<std::string>(key, "v")));
  EXPECT_EQ(value_of(two.one.get<std::string>(key)).source, CacheSource::local);
  EXPECT_EQ(value_of(two.other.get<std::string>(key)).source, CacheSource::store);
  // What says that the entry has changed may come after the first look, and take it away again.
  EXPECT_TRUE(eventually([&] { return value_of(two.other.get<std::string>(key)).source == CacheSource::local; }));
  EXPECT_GE(two.other.stats().local_hits, 1u);
  EXPECT_TRUE(eventually([&] {
    value_of(two.other.get<std::string>(key));
    const CacheStats stats = two.other.stats();
    return stats.local_entries == 1 && stats.local_utilization() == 1.0;
  }));
}

TEST_P(CacheLevels, a_change_by_another_process_reaches_the_local_level) {
  for (const Coherence coherence : ways()) {
    TwoProcesses two(client(), another_client(), coherence);
    const std::string key = two.one.key("k");
    value_of(two.one.put<std::string>(key, "v1"));
    const auto seen_by_other = [&](const std::string& value) {
      return eventually([&] { return value_of(two.other.get<std::string>(key)).value == value; });
    };
    EXPECT_TRUE(seen_by_other("v1"));
    value_of(two.one.put<std::string>(key, "v2"));
    EXPECT_TRUE(seen_by_other("v2"));
    value_of(two.one.write_through<std::string>(key, "v3", [] { return 3; }));
    EXPECT_TRUE(seen_by_other("v3"));
    value_of(two.one.invalidate(key));
    EXPECT_TRUE(eventually([&] { return value_of(two.other.get<std::string>(key)).source == CacheSource::none; }));
  }
}

TEST_P(CacheLevels, a_process_without_a_local_level_tells_those_that_have_one) {
  Cache reader(client(), TwoProcesses::options(Coherence::publish, {}));
  Cache writer(another_client(), {.local = {.publishes_without = true}});
  ASSERT_TRUE(reader.wait_for_local_level(10s));
  const std::string key = reader.key("k");
  value_of(writer.put<std::string>(key, "v1"));
  EXPECT_TRUE(eventually([&] { return value_of(reader.get<std::string>(key)).source == CacheSource::local; }));
  value_of(writer.put<std::string>(key, "v2"));
  EXPECT_TRUE(eventually([&] { return value_of(reader.get<std::string>(key)).value == "v2"; }));
  EXPECT_EQ(value_of(writer.get<std::string>(key)).source, CacheSource::store);
}

TEST_P(CacheLevels, an_invalidated_tag_reaches_the_local_level) {
  for (const Coherence coherence : ways()) {
    TwoProcesses two(client(), another_client(), coherence);
    const std::string key = two.one.key("k");
    const LoadOptions tagged{.tags = {"t"}};
    get(two.one, key, source_, tagged);
    const auto found_in = [&](CacheSource source) {
      return eventually([&] { return value_of(two.one.get<std::string>(key, {"t"})).source == source; });
    };
    EXPECT_TRUE(found_in(CacheSource::local));
    value_of(two.other.invalidate_tag("t"));
    EXPECT_TRUE(found_in(CacheSource::none));
    value_of(client().flushall());
  }
}

TEST_P(CacheLevels, tracking_hears_of_changes_by_anybody) {
  if (is_cluster()) {
    Cache cache(client(), {.local = {.entries_max = 10, .coherence = Coherence::tracking, .heartbeat = 5ms}});
    EXPECT_FALSE(cache.wait_for_local_level(100ms));  // it could not know of all changes
    value_of(cache.put<std::string>(cache.key("k"), "v"));
    EXPECT_EQ(value_of(cache.get<std::string>(cache.key("k"))).source, CacheSource::store);
    return;
  }
  TwoProcesses two(client(), another_client(), Coherence::tracking);
  const std::string key = two.one.key("k");
  get(two.one, key, source_);
  EXPECT_TRUE(eventually([&] { return value_of(two.one.get<std::string>(key)).source == CacheSource::local; }));
  value_of(client().del(key));
  EXPECT_TRUE(eventually([&] { return value_of(two.one.get<std::string>(key)).source == CacheSource::none; }));
  get(two.one, key, source_);
  EXPECT_TRUE(eventually([&] { return value_of(two.one.get<std::string>(key)).source == CacheSource::local; }));
  value_of(client().flushall());
  EXPECT_TRUE(eventually([&] { return value_of(two.one.get<std::string>(key)).source == CacheSource::none; }));
}

TEST_P(CacheLevels, a_local_entry_goes_with_its_time) {
  const UnixClock clock = [this] { return now_ms_.load(); };
  TwoProcesses two(client(), another_client(), Coherence::publish, clock);
  const std::string key = two.one.key("k");
  value_of(two.one.put<std::string>(key, "short", {.ttl = 5s}));
  EXPECT_EQ(value_of(two.one.get<std::string>(key)).source, CacheSource::local);
  pass(5s);
  EXPECT_EQ(value_of(two.one.get<std::string>(key)).source, CacheSource::none);
  value_of(two.one.put<std::string>(key, "long", {.ttl = 1h}));
  pass(61s);
  EXPECT_EQ(value_of(two.one.get<std::string>(key)).source, CacheSource::store);
}

TEST_P(CacheFaults, a_lost_connection_empties_the_local_level_until_there_is_a_new_one) {
  ServerProcess server(program());
  FaultProxy proxy(server.port());
  Client client = open_or_fail(proxy.url() + "?reconnect_delay_min_ms=1&reconnect_delay_max_ms=5");
  for (const Coherence coherence : {Coherence::publish, Coherence::tracking}) {
    proxy.set(Mode::pass);
    EXPECT_TRUE(eventually([&] { return client.ping().has_value(); }));
    Cache cache(client, {.local = {.entries_max = 10, .coherence = coherence, .heartbeat = 20ms}});
    ASSERT_TRUE(cache.wait_for_local_level(10s));
    const std::string key = cache.key("k");
    value_of(cache.get_or_load<std::string>(key, [] { return "v"; }));
    EXPECT_TRUE(eventually([&] { return cache.stats().local_entries + (cache.get<std::string>(key) ? 1u : 0u) > 1; }));
    proxy.set(Mode::refuse);
    EXPECT_TRUE(eventually([&] { return cache.stats().local_entries == 0; }));
    EXPECT_GE(cache.stats().local_resets, 1u);
    proxy.set(Mode::pass);
    EXPECT_TRUE(cache.wait_for_local_level(10s));
  }
}

TEST_P(CacheFaults, a_silent_connection_is_noticed_by_the_heartbeat) {
  ServerProcess server(program());
  Client client = open_or_fail(server.url() + "?call_timeout_ms=2000");
  Cache cache(client, {.local = {.entries_max = 10, .heartbeat = 300ms}});
  // A machine may be too slow for a heartbeat now and then.
  EXPECT_TRUE(eventually([&] {
    return cache.wait_for_local_level(10s) && cache.put<std::string>(cache.key("k"), "v") &&
           cache.stats().local_entries == 1;
  }));
  server.freeze();
  EXPECT_TRUE(eventually([&] { return cache.stats().local_entries == 0; }));
  server.thaw();
  EXPECT_TRUE(cache.wait_for_local_level(10s));
}

// --- Faults

TEST_P(CacheFaults, a_write_through_says_when_the_database_has_it_and_the_cache_has_not) {
  ServerProcess server(program());
  Client client = open_or_fail(server.url() + "?call_timeout_ms=500");
  Cache cache(client, {.lease_ttl = 200ms});
  value_of(cache.put<std::string>("k", "old"));
  const auto written = value_of(cache.write_through<std::string>("k", "new", [&] {
    server.freeze();
    return 1;
  }));
  EXPECT_EQ(written.version, 1u);
  EXPECT_EQ(written.in_cache, InCache::failed);
  ASSERT_TRUE(written.store_error.has_value());
  server.thaw();
  // The old entry does not outlive the lease.
  EXPECT_TRUE(eventually([&] {
    const auto found = cache.get<std::string>("k");
    return found && found->value != "old";
  }));
}

// A process that loads for the fleet, until it is killed.
TEST(DISABLED_Child, loads_for_the_fleet_for_ever) {
  Client client = open(std::getenv("CHILD_URL")).value();
  Cache cache(client, {.one_loader_per_fleet = true, .lease_ttl = 300ms});
  (void)cache.get_or_load<std::string>("k", [&]() -> Text {
    client.set("loading", "1").value();
    while (true) std::this_thread::sleep_for(1s);
  });
}

TEST_P(CacheFaults, a_killed_loader_keeps_the_fleet_waiting_for_its_lease_only) {
  ServerProcess server(program());
  Client client = open_or_fail(server.url());
  ChildProcess child("DISABLED_Child.loads_for_the_fleet_for_ever", {{"CHILD_URL", server.url()}});
  ASSERT_TRUE(eventually([&] { return value_of(client.exists("loading")); }));
  child.kill();
  Cache cache(client, {.one_loader_per_fleet = true, .lease_ttl = 300ms});
  Source source;
  EXPECT_EQ(value_of(cache.get_or_load<std::string>("k", source.loader())), "loaded");
  EXPECT_EQ(source.calls(), 1);
}

TEST_P(CacheFaults, a_full_store_is_no_reason_to_fail) {
  ServerProcess server(program(), {"--maxmemory", "1", "--maxmemory-policy", "noeviction"});
  Client client = open_or_fail(server.url());
  Cache cache(client);
  Source source;
  for (int i = 0; i < 3; ++i) {
    EXPECT_EQ(value_of(cache.get_or_load<std::string>("k", source.loader(), {.tags = {"t"}})), "loaded");
  }
  EXPECT_EQ(source.calls(), 3);
  EXPECT_GE(cache.stats().store_errors, 3u);
}

}  // namespace
}  // namespace redstart::scenarios
