// The pipelined writer and the cache over every store, and under faults: what they count adds up,
// and what they say of a write is true.
#include <atomic>
#include <cmath>
#include <condition_variable>
#include <mutex>
#include <set>
#include <stdexcept>

#include "tests/scenarios/fault_proxy.h"
#include "tests/scenarios/stores.h"

namespace redstart::scenarios {
namespace {

using namespace std::chrono_literals;
using Mode = FaultProxy::Mode;
using Text = std::optional<std::string>;

class Writing : public StoreTest {};
class Caching : public StoreTest {};
class PatternFaults : public ServerTest {};
INSTANTIATE_TEST_SUITE_P(Stores, Writing, kAllStores, name_of);
INSTANTIATE_TEST_SUITE_P(Stores, Caching, kAllStores, name_of);
INSTANTIATE_TEST_SUITE_P(Servers, PatternFaults, kServers, name_of);

void expect_law(const WriteStats& stats) {
  EXPECT_EQ(stats.accepted, stats.acknowledged + stats.failed + stats.unknown + stats.in_flight);
  EXPECT_EQ(stats.offered, stats.accepted + stats.rejected);
}

void expect_at_rest(const WriteStats& stats) {
  expect_law(stats);
  EXPECT_EQ(stats.in_flight, 0u);
}

std::vector<WriteOp> increments(int count, const std::string& key = "n") {
  return std::vector<WriteOp>(static_cast<size_t>(count), WriteOp{"INCR", key});
}

// --- Writing

TEST_P(Writing, refuses_bad_arguments_before_anything_is_sent) {
  PipelinedWriter writer(client());
  EXPECT_EQ(writer.write_key_values({{"a", "1"}, {"b", "2"}}, 0ms).error().code,
            ErrorCode::invalid_argument);
  EXPECT_EQ(writer.write_hashes({{"h", {{"f", "v"}}}, {"empty", {}}}).error().code,
            ErrorCode::invalid_argument);
  const std::vector<ScoredMember> members = {{"a", 1}, {"b", NAN}};
  EXPECT_EQ(writer.write_sorted_set_batch("z", members).error().code, ErrorCode::invalid_argument);
  EXPECT_EQ(writer.write_sorted_set_batch("z", std::span(members).first(1), 0).error().code,
            ErrorCode::invalid_argument);
  EXPECT_EQ(value_of(client().dbsize()), 0);
  expect_at_rest(writer.stats());
  EXPECT_EQ(writer.stats().rejected, 7u);
  EXPECT_EQ(writer.stats().total_batches, 0u);
}

TEST_P(Writing, one_refused_write_does_not_disturb_the_others) {
  value_of(client().set("text", "x"));
  PipelinedWriter writer(client());
  const std::vector<WriteOp> ops = {{"INCR", "n"}, {"LPUSH", "text", "y"}, {"INCR", "n"}};
  const BatchResult outcome = writer.write_batch(ops);
  ASSERT_EQ(outcome.size(), 3u);
  EXPECT_EQ(outcome[0]->as_integer(), 1);
  EXPECT_EQ(outcome[1].error().code, ErrorCode::wrong_type);
  EXPECT_EQ(outcome[2]->as_integer(), 2);
  expect_at_rest(writer.stats());
  EXPECT_EQ(writer.stats().acknowledged, 2u);
  EXPECT_EQ(writer.stats().failed, 1u);
}

TEST_P(Writing, sends_batches_of_the_size_that_was_set) {
  PipelinedWriter writer(client(), {.batch_size = 100});
  const BatchResult outcome = writer.write_batch(increments(250));
  ASSERT_EQ(outcome.size(), 250u);
  for (size_t i = 0; i < 250; ++i) {
    ASSERT_TRUE(outcome[i].has_value());
    EXPECT_EQ(outcome[i]->as_integer(), static_cast<int64_t>(i) + 1);
  }
  EXPECT_EQ(writer.stats().total_batches, 3u);
  EXPECT_NEAR(writer.stats().avg_batch_size(), 250.0 / 3, 0.01);
  EXPECT_TRUE(writer.write_batch({}).empty());
  EXPECT_EQ(writer.stats().total_batches, 3u);
}

TEST_P(Writing, writes_values_with_and_without_a_time_to_live) {
  PipelinedWriter writer(client(), {.batch_size = 7});
  StringPairs pairs;
  for (int i = 0; i < 30; ++i) pairs.emplace_back("k" + std::to_string(i), std::to_string(i));
  EXPECT_EQ(value_of(writer.write_key_values(pairs)), 30u);
  EXPECT_EQ(value_of(client().get("k29")), "29");
  EXPECT_EQ(value_of(client().pttl("k29")), -1);
  EXPECT_EQ(value_of(writer.write_key_values(pairs, 60s)), 30u);
  EXPECT_GT(value_of(client().pttl("k0")), 50'000);
  expect_at_rest(writer.stats());
  EXPECT_EQ(writer.stats().acknowledged, 60u);
}

TEST_P(Writing, writes_hashes_and_sorted_sets) {
  PipelinedWriter writer(client());
  EXPECT_EQ(value_of(writer.write_hashes({{"h1", {{"a", "1"}, {"b", "2"}}}, {"h2", {{"c", "3"}}}})),
            2u);
  EXPECT_EQ(value_of(client().hget("h1", "b")), "2");
  std::vector<ScoredMember> members;
  for (int i = 0; i < 25; ++i) members.push_back({"m" + std::to_string(i), i * 0.5});
  value_of(client().zadd("z", 99, "m3"));
  const SortedSetWritten written = value_of(writer.write_sorted_set_batch("z", members, 10));
  EXPECT_EQ(written.written, 25u);
  EXPECT_EQ(written.added, 24u);
  EXPECT_EQ(written.updated(), 1u);
  EXPECT_EQ(value_of(client().zscore("z", "m3")), 1.5);
}

TEST_P(Writing, streams_a_long_source_and_tells_each_failure) {
  value_of(client().set("text", "x"));
  PipelinedWriter writer(client(), {.batch_size = 64});
  int given = 0;
  std::vector<std::string> failed;
  const auto written = writer.stream_write(
      [&]() -> std::optional<WriteOp> {
        if (given == 1000) return std::nullopt;
        if (++given % 100 == 0) return WriteOp{"LPUSH", "text", std::to_string(given)};
        return WriteOp{"INCR", "n"};
      },
      [&](const WriteOp& op, const Error& error) {
        EXPECT_EQ(error.code, ErrorCode::wrong_type);
        failed.push_back(op[2]);
      });
  EXPECT_EQ(value_of(written), 990u);
  EXPECT_EQ(failed.size(), 10u);
  EXPECT_EQ(failed.front(), "100");
  EXPECT_EQ(value_of(client().get("n")), "990");
  expect_at_rest(writer.stats());
}

TEST_P(Writing, counts_add_up_at_every_moment) {
  PipelinedWriter writer(client(), {.batch_size = 10});
  std::atomic<bool> stop{false};
  std::thread observer([&] {
    WriteStats before;
    while (!stop) {
      const WriteStats now = writer.stats();
      expect_law(now);
      EXPECT_GE(now.acknowledged, before.acknowledged);
      EXPECT_GE(now.accepted, before.accepted);
      before = now;
    }
  });
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&] {
      for (int i = 0; i < 20; ++i) writer.write_batch(increments(25));
    });
  }
  for (auto& thread : threads) thread.join();
  stop = true;
  observer.join();
  EXPECT_EQ(writer.stats().acknowledged, 2000u);
  EXPECT_EQ(value_of(client().get("n")), "2000");
}

// The server executes a batch of which the client hears a part: what it heard of is acknowledged,
// the rest unknown, nothing is sent twice.
TEST_P(PatternFaults, a_writer_reports_a_lost_connection_write_by_write) {
  ServerProcess server(program());
  FaultProxy proxy(server.port());
  Client client = open_or_fail(proxy.url());
  value_of(client.ping());
  PipelinedWriter writer(client);
  proxy.set(Mode::cut_reply, 20);  // five of ":N\r\n"
  const BatchResult outcome = writer.write_batch(increments(9));
  for (size_t i = 0; i < 9; ++i) EXPECT_EQ(outcome[i].has_value(), i < 5) << i;
  const WriteStats stats = writer.stats();
  expect_at_rest(stats);
  EXPECT_EQ(stats.acknowledged, 5u);
  EXPECT_EQ(stats.unknown, 4u);
  EXPECT_EQ(value_of(client.get("n")), "9");
  const auto said = [&] {
    proxy.set(Mode::cut_reply, 0);
    return writer.write_key_values({{"a", "1"}, {"b", "2"}});
  }();
  ASSERT_FALSE(said.has_value());
  EXPECT_NE(said.error().message.find("0 writes are known to be done"), std::string::npos);
  EXPECT_EQ(writer.stats().unknown, 6u);
}

TEST_P(PatternFaults, a_writers_counts_hold_when_the_server_is_killed) {
  ServerProcess server(program());
  Client client = open_or_fail(server.url() + "?reconnect_delay_max_ms=50");
  constexpr int kThreads = 3, kBatch = 50;
  PipelinedWriter writer(client, {.batch_size = kBatch});
  std::atomic<bool> stop{false};
  std::vector<std::thread> threads;
  for (int t = 0; t < kThreads; ++t) {
    threads.emplace_back([&] {
      while (!stop) writer.write_batch(increments(100));
    });
  }
  EXPECT_TRUE(eventually([&] { return writer.stats().acknowledged > 0; }));
  const uint64_t by_old_at_least = writer.stats().acknowledged;
  server.kill();
  const uint64_t by_old_at_most = writer.stats().acknowledged + kThreads * kBatch;
  std::this_thread::sleep_for(100ms);
  ASSERT_TRUE(server.start());
  EXPECT_TRUE(eventually([&] { return writer.stats().acknowledged > by_old_at_most + 500; }));
  stop = true;
  for (auto& thread : threads) thread.join();
  const WriteStats stats = writer.stats();
  expect_at_rest(stats);
  EXPECT_GT(stats.failed + stats.unknown, 0u);
  // The new server, which began empty, has what it acknowledged, and at most the unknown ones
  // besides.
  const uint64_t in_new = std::stoull(*value_of(client.get("n")));
  EXPECT_GE(in_new, stats.acknowledged - by_old_at_most);
  EXPECT_LE(in_new, stats.acknowledged - by_old_at_least + stats.unknown);
}

TEST_P(PatternFaults, a_writer_with_a_slow_peer_says_what_timed_out) {
  ServerProcess server(program());
  FaultProxy proxy(server.port());
  Client client = open_or_fail(proxy.url());
  value_of(client.ping());
  PipelinedWriter writer(client, {.timeout = 60ms});
  proxy.set(Mode::delay, 200);
  const BatchResult outcome = writer.write_batch(increments(3));
  for (const auto& one : outcome) EXPECT_EQ(one.error().code, ErrorCode::timed_out);
  EXPECT_EQ(writer.stats().unknown, 3u);
  expect_at_rest(writer.stats());
  proxy.set(Mode::pass);
  // They were executed once, and the late replies went to nobody.
  EXPECT_TRUE(eventually([&] { return value_of(client.get("n")) == "3"; }));
}

TEST_P(PatternFaults, a_stream_goes_on_after_a_cut_and_names_what_was_lost) {
  ServerProcess server(program());
  FaultProxy proxy(server.port());
  Client client = open_or_fail(proxy.url() + "?reconnect_delay_min_ms=1&reconnect_delay_max_ms=2");
  value_of(client.ping());
  PipelinedWriter writer(client, {.batch_size = 10});
  int given = 0;
  std::set<std::string> lost;
  const auto written = writer.stream_write(
      [&]() -> std::optional<WriteOp> {
        if (given == 200) return std::nullopt;
        if (given == 95) proxy.set(Mode::cut_reply);
        ++given;
        return WriteOp{"SADD", "s", std::to_string(given)};
      },
      [&](const WriteOp& op, const Error& error) {
        if (error.outcome == Outcome::unknown) lost.insert(op[2]);
      });
  EXPECT_EQ(value_of(written) + lost.size(), 200u);
  EXPECT_EQ(lost.size(), 10u);
  EXPECT_TRUE(lost.contains("96"));
  // Unknown here was: done.
  EXPECT_EQ(value_of(client.scard("s")), 200);
}

// --- Caching

struct Loader {
  std::atomic<int> calls{0};
  std::chrono::milliseconds delay{0};
  Text value = "loaded";
  std::function<Text()> function() {
    return [this]() -> Text {
      ++calls;
      std::this_thread::sleep_for(delay);
      return value;
    };
  }
};

TEST_P(Caching, a_failing_loader_is_an_error_and_nothing_is_cached) {
  Cache cache(client());
  const std::string key = cache.key("f", 1);
  const auto failed = cache.get_or_load<std::string>(
      key, []() -> Text { throw std::runtime_error("the database is away"); });
  ASSERT_FALSE(failed.has_value());
  EXPECT_NE(failed.error().message.find("the database is away"), std::string::npos);
  EXPECT_FALSE(value_of(client().exists(key)));
  EXPECT_EQ(cache.stats().load_failures, 1u);
  Loader loader;
  EXPECT_EQ(value_of(cache.get_or_load<std::string>(key, loader.function())), "loaded");
}

TEST_P(Caching, a_hit_and_a_miss_give_the_same_and_load_once) {
  Cache cache(client(), {.prefix = "shop"});
  Loader loader;
  const std::string key = cache.key("profile", 7, "x");
  EXPECT_TRUE(key.starts_with("shop:profile:"));
  EXPECT_EQ(value_of(cache.get_or_load<std::string>(key, loader.function())), "loaded");
  EXPECT_EQ(value_of(cache.get_or_load<std::string>(key, loader.function())), "loaded");
  EXPECT_EQ(loader.calls, 1);
  const CacheStats stats = cache.stats();
  EXPECT_EQ(stats.hits, 1u);
  EXPECT_EQ(stats.misses, 1u);
  EXPECT_EQ(stats.hit_ratio(), 50.0);
  EXPECT_NE(cache.key("f", "1", 2), cache.key("f", "12"));
  EXPECT_NE(cache.key("f", 1), cache.key("f", "1"));
}

TEST_P(Caching, a_missing_object_is_remembered_for_its_own_time) {
  Cache forgetful(client());
  Loader loader{.value = std::nullopt};
  for (int i = 0; i < 2; ++i) {
    EXPECT_EQ(value_of(forgetful.get_or_load<std::string>("a", loader.function())), std::nullopt);
  }
  EXPECT_EQ(loader.calls, 2);
  Cache cache(client(), {.negative_ttl = 60s});
  for (int i = 0; i < 3; ++i) {
    EXPECT_EQ(value_of(cache.get_or_load<std::string>("b", loader.function())), std::nullopt);
  }
  EXPECT_EQ(loader.calls, 3);
  EXPECT_EQ(cache.stats().negative_hits, 2u);
  EXPECT_LE(value_of(client().pttl("b")), 60'000);
}

TEST_P(Caching, concurrent_callers_share_one_load) {
  Cache cache(client());
  Loader loader{.delay = 100ms};
  std::vector<std::thread> threads;
  for (int t = 0; t < 16; ++t) {
    threads.emplace_back([&] {
      EXPECT_EQ(value_of(cache.get_or_load<std::string>("hot", loader.function())), "loaded");
    });
  }
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(loader.calls, 1);
  const CacheStats stats = cache.stats();
  EXPECT_EQ(stats.hits + stats.misses, 16u);
  EXPECT_EQ(stats.loads, 1u);
}

TEST_P(Caching, an_old_value_is_given_at_once_and_refreshed_behind) {
  std::atomic<int64_t> now_ms{1'700'000'000'000};
  Cache cache(client(), {.default_ttl = 400s, .refresh_ahead_factor = 0.5, .clock = [&] { return now_ms.load(); }});
  Loader loader;
  value_of(cache.get_or_load<std::string>("k", loader.function()));
  loader.value = "newer";
  loader.delay = 50ms;
  now_ms += 250'000;
  EXPECT_EQ(value_of(cache.get_or_load<std::string>("k", loader.function())), "loaded");
  cache.drain_refreshes();
  EXPECT_EQ(value_of(cache.get_or_load<std::string>("k", loader.function())), "newer");
  EXPECT_EQ(cache.stats().refreshes, 1u);
  EXPECT_EQ(loader.calls, 2);
}

TEST_P(Caching, an_invalidation_during_a_load_wins) {
  Cache cache(client());
  std::mutex mutex;
  std::condition_variable changed;
  bool loading = false, invalidated = false;
  std::thread reader([&] {
    const auto loaded = cache.get_or_load<std::string>("k", [&]() -> Text {
      std::unique_lock lock(mutex);
      loading = true;
      changed.notify_all();
      changed.wait(lock, [&] { return invalidated; });
      return "stale";
    });
    EXPECT_EQ(value_of(loaded), "stale");
  });
  {
    std::unique_lock lock(mutex);
    changed.wait(lock, [&] { return loading; });
  }
  EXPECT_FALSE(value_of(cache.invalidate("k")));
  {
    const std::lock_guard lock(mutex);
    invalidated = true;
    changed.notify_all();
  }
  reader.join();
  EXPECT_FALSE(value_of(client().exists("k")));
}

TEST_P(Caching, a_tag_invalidates_its_entries_and_no_others) {
  Cache cache(client());
  Loader loader;
  for (const auto* const key : {"a", "b", "c"}) {
    const LoadOptions tagged{.tags = {key[0] == 'c' ? "other" : "mine", "all"}};
    value_of(cache.get_or_load<std::string>(key, loader.function(), tagged));
  }
  EXPECT_EQ(value_of(cache.invalidate_by_tag("mine")), 2u);
  EXPECT_EQ(value_of(cache.invalidate_by_tag("mine")), 0u);
  EXPECT_FALSE(value_of(client().exists("a")));
  EXPECT_TRUE(value_of(client().exists("c")));
  EXPECT_EQ(value_of(cache.invalidate_by_tag("all")), 1u);
}

TEST_P(PatternFaults, a_cache_without_its_server_calls_the_loader) {
  ServerProcess server(program());
  Client client = open_or_fail(server.url() + "?reconnect_delay_max_ms=50");
  Cache open_cache(client), strict_cache(client, {.fail_open = false});
  Loader loader;
  EXPECT_EQ(value_of(open_cache.get_or_load<std::string>("k", loader.function())), "loaded");
  server.kill();
  const auto start = std::chrono::steady_clock::now();
  for (int i = 0; i < 5; ++i) {
    EXPECT_EQ(value_of(open_cache.get_or_load<std::string>("k", loader.function())), "loaded");
  }
  EXPECT_LT(std::chrono::steady_clock::now() - start, 2s);
  EXPECT_EQ(loader.calls, 6);
  EXPECT_GE(open_cache.stats().store_errors, 5u);
  EXPECT_FALSE(strict_cache.get_or_load<std::string>("k", loader.function()).has_value());
  EXPECT_EQ(loader.calls, 6);
  ASSERT_TRUE(server.start());
  EXPECT_TRUE(eventually([&] { return client.ping().has_value(); }));
  EXPECT_EQ(value_of(strict_cache.get_or_load<std::string>("k", loader.function())), "loaded");
  EXPECT_EQ(value_of(strict_cache.get_or_load<std::string>("k", loader.function())), "loaded");
  EXPECT_EQ(loader.calls, 7);
}

TEST_P(PatternFaults, a_cache_with_a_stalled_server_answers_within_the_call_timeout) {
  ServerProcess server(program());
  Client client = open_or_fail(server.url() + "?call_timeout_ms=100");
  Cache cache(client);
  Loader loader;
  value_of(cache.get_or_load<std::string>("k", loader.function()));
  server.freeze();
  const auto start = std::chrono::steady_clock::now();
  EXPECT_EQ(value_of(cache.get_or_load<std::string>("k", loader.function())), "loaded");
  EXPECT_LT(std::chrono::steady_clock::now() - start, 1s);
  server.thaw();
  EXPECT_GT(cache.stats().store_errors, 0u);
}

// A cut between the cache's transaction and its reply leaves no entry without its tags.
TEST_P(PatternFaults, an_entry_whose_reply_was_cut_still_has_its_tags) {
  ServerProcess server(program());
  FaultProxy proxy(server.port());
  Client client = open_or_fail(proxy.url());
  Cache cache(client);
  Loader loader;
  const auto loaded = cache.get_or_load<std::string>("k",
                                                     [&] {
                                                       proxy.set(Mode::cut_reply);
                                                       return loader.function()();
                                                     },
                                                     {.tags = {"t"}});
  EXPECT_EQ(value_of(loaded), "loaded");
  EXPECT_EQ(value_of(cache.invalidate_by_tag("t")), 1u);
  EXPECT_FALSE(value_of(client.exists("k")));
}

}  // namespace
}  // namespace redstart::scenarios
