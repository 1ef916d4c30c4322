// Compact layouts and the write monitor, over every store.
#include <bit>
#include <cmath>
#include <random>

#include "redstart/patterns/message_pack.h"
#include "tests/scenarios/stores.h"

namespace redstart::scenarios {
namespace {

using namespace std::chrono_literals;

class Layouts : public StoreTest {};
class Monitoring : public StoreTest {};
class MonitoringFaults : public ServerTest {};
INSTANTIATE_TEST_SUITE_P(Stores, Layouts, kAllStores, name_of);
// The counters of a cluster are those of its nodes.
INSTANTIATE_TEST_SUITE_P(Stores, Monitoring,
                         testing::Values(StoreKind::memory, StoreKind::redstart_server, StoreKind::redis_server,
                                         StoreKind::redis_sentinel),
                         name_of);
INSTANTIATE_TEST_SUITE_P(Servers, MonitoringFaults, kServers, name_of);

// --- Compressed values

TEST_P(Layouts, a_compressed_value_has_one_key_whatever_its_size) {
  CompressedStore store(client());
  EXPECT_EQ(store.set("k", "v", 0ms).error().code, ErrorCode::invalid_argument);
  EXPECT_EQ(value_of(store.get("k")), std::nullopt);
  const std::string large(5000, 'x');
  value_of(store.set("k", large));
  EXPECT_LT(value_of(client().strlen("k")), 100);
  EXPECT_EQ(value_of(store.get("k")), large);
  value_of(store.set("k", "small", 1h));
  EXPECT_EQ(value_of(store.get("k")), "small");
  EXPECT_EQ(value_of(client().get("k")), "small");
  EXPECT_GT(value_of(client().pttl("k")), 3'000'000);
  EXPECT_EQ(value_of(client().dbsize()), 1);
  EXPECT_EQ(value_of(store.set_many({{"a", large}, {"b", "tiny"}, {"c", large}})), 2u);
  const std::vector<std::string> keys = {"a", "none", "b"};
  EXPECT_EQ(value_of(store.get_many(keys)),
            (std::vector<std::optional<std::string>>{large, std::nullopt, "tiny"}));
  value_of(client().set("damaged", compress_value(large).substr(0, 9)));
  EXPECT_EQ(store.get("damaged").error().code, ErrorCode::unexpected_reply);
}

// --- MessagePack

struct Person {
  int64_t id = 0;
  std::string name;
  std::vector<char> picture;
  std::optional<double> score;
  MSGPACK_DEFINE_MAP(id, name, picture, score)
};

TEST_P(Layouts, message_pack_comes_back_as_it_went_and_is_smaller_than_json) {
  Person person{INT64_MIN + 1, "Ada", {}, 0.1};
  for (int i = 0; i < 256; ++i) person.picture.push_back(static_cast<char>(i));
  value_of(client().set("p", to_message_pack(person)));
  const auto back = value_of(from_message_pack<Person>(*value_of(client().get("p"))));
  EXPECT_EQ(back.id, person.id);
  EXPECT_EQ(back.picture, person.picture);
  EXPECT_EQ(back.score, person.score);
  EXPECT_EQ(from_message_pack<Person>("\xC1").error().code, ErrorCode::unexpected_reply);
  EXPECT_EQ(from_message_pack<Person>("").error().code, ErrorCode::unexpected_reply);
  EXPECT_EQ(from_message_pack<Person>(to_message_pack(std::string("no person"))).error().code,
            ErrorCode::unexpected_reply);
  EXPECT_EQ(from_message_pack<int>(to_message_pack(1) + "x").error().code, ErrorCode::unexpected_reply);
  EXPECT_EQ(from_message_pack<int>(std::string(100'000, '\x91')).error().code, ErrorCode::unexpected_reply);
  const std::map<std::string, std::string> object = {{"name", "Alice"}, {"city", "Wonderland"}};
  const std::string json = R"({"city": "Wonderland", "name": "Alice"})";
  EXPECT_LE(to_message_pack(object).size(), json.size() * 8 / 10);
}

// --- Objects in hashes

TEST_P(Layouts, six_fields_of_an_object_take_less_than_half_in_one_hash) {
  const StringPairs fields = {{"name", "Alice"},      {"email", "alice@example.com"}, {"age", "30"},
                              {"city", "New York"},   {"country", "USA"},             {"last_login", "1700000000"}};
  int64_t in_keys = 0;
  for (const auto& [name, value] : fields) {
    const std::string key = "{user:1000}:" + name;
    value_of(client().set(key, value));
    in_keys += value_of(client().memory_usage(key)).value_or(0);
  }
  value_of(client().hset_all("user:1000", fields));
  const int64_t in_hash = value_of(client().memory_usage("user:1000")).value_or(0);
  EXPECT_GT(in_hash, 0);
  EXPECT_LE(in_hash, 400);
  EXPECT_LE(in_hash * 2, in_keys);
}

TEST_P(Layouts, objects_spread_over_hashes_that_stay_compact) {
  ObjectHashes objects(client(), {.prefix = "users", .objects_expected = 2000});
  StringPairs all;
  for (int i = 0; i < 2000; ++i) all.emplace_back("id:" + std::to_string(i), "value " + std::to_string(i));
  EXPECT_EQ(value_of(objects.put_many(all)), 2000u);
  EXPECT_EQ(value_of(objects.put_many(all)), 0u);
  EXPECT_FALSE(value_of(objects.put("id:7", "another")));
  EXPECT_EQ(value_of(objects.get("id:7")), "another");
  EXPECT_EQ(value_of(objects.get("nobody")), std::nullopt);
  EXPECT_TRUE(value_of(objects.remove("id:7")));
  EXPECT_FALSE(value_of(objects.remove("id:7")));
  EXPECT_GT(value_of(objects.hashes()), 1u);
  for (size_t i = 0; i < value_of(objects.hashes()); ++i) {
    EXPECT_EQ(value_of(client().call({"OBJECT", "ENCODING", "users:" + std::to_string(i)})).text(), "listpack") << i;
  }
  // Whoever comes later finds them, whatever it expects.
  ObjectHashes later(client(), {.prefix = "users", .objects_expected = 5});
  EXPECT_EQ(value_of(later.get("id:1999")), "value 1999");
}

// --- Counters

TEST_P(Layouts, packed_counters_have_a_place_each_and_stop_at_their_limits) {
  PackedCounters counters(client(), {.prefix = "views"});
  EXPECT_EQ(value_of(counters.get("a")), std::nullopt);
  EXPECT_EQ(value_of(counters.add("a", 5)), (CounterUpdate{5, false}));
  EXPECT_EQ(value_of(counters.add("b")), (CounterUpdate{1, false}));
  EXPECT_EQ(value_of(counters.set("c", 65'535)), (CounterUpdate{65'535, false}));
  EXPECT_EQ(value_of(counters.add("c", 1)), (CounterUpdate{65'535, true}));
  EXPECT_EQ(value_of(counters.set("c", 70'000)), (CounterUpdate{65'535, true}));
  EXPECT_EQ(value_of(counters.set("c", UINT64_MAX)), (CounterUpdate{65'535, true}));
  EXPECT_EQ(value_of(counters.add("a", -9)), (CounterUpdate{0, true}));
  // Names of another call do not take the places of the first.
  EXPECT_EQ(value_of(counters.set_many({{"d", 4}, {"e", 5}})).size(), 2u);
  EXPECT_EQ(value_of(counters.all()),
            (std::vector<std::pair<std::string, uint64_t>>{{"a", 0}, {"b", 1}, {"c", 65'535}, {"d", 4}, {"e", 5}}));
  EXPECT_EQ(value_of(client().strlen("{views}:counters")), 10);
  PackedCounters strict(client(), {.prefix = "strict", .bits = 8, .overflow = CounterOverflow::fail});
  EXPECT_EQ(value_of(strict.set("x", 250)), (CounterUpdate{250, false}));
  EXPECT_EQ(value_of(strict.add("x", 10)), (CounterUpdate{250, true}));
  EXPECT_EQ(value_of(strict.set("x", 256)), (CounterUpdate{250, true}));
}

TEST_P(Layouts, packed_counters_by_number_take_two_bytes_each) {
  PackedCounters counters(client(), {.prefix = "users"});
  EXPECT_EQ(value_of(counters.add_at(999, 3)), (CounterUpdate{3, false}));
  EXPECT_EQ(value_of(counters.set_at(999, 65'530)), (CounterUpdate{65'530, false}));
  EXPECT_EQ(value_of(counters.add_at(999, 9)), (CounterUpdate{65'535, true}));
  EXPECT_EQ(value_of(counters.get_at(999)), 65'535u);
  EXPECT_EQ(value_of(counters.get_at(998)), 0u);
  EXPECT_EQ(value_of(counters.get_at(100'000)), 0u);
  EXPECT_EQ(counters.add_at(UINT32_MAX).error().code, ErrorCode::invalid_argument);
  EXPECT_EQ(value_of(client().strlen("{users}:counters")), 2000);
}

TEST_P(Layouts, packed_counters_of_many_processes_never_share_a_place) {
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&, t] {
      PackedCounters counters(client(), {.prefix = "c"});
      for (int i = 0; i < 100; ++i) value_of(counters.add("name:" + std::to_string((i + t * 25) % 100)));
    });
  }
  for (auto& thread : threads) thread.join();
  PackedCounters counters(client(), {.prefix = "c"});
  const auto all = value_of(counters.all());
  EXPECT_EQ(all.size(), 100u);
  for (const auto& [name, value] : all) EXPECT_EQ(value, 4u) << name;
}

// --- Time series

constexpr int64_t kHourMs = 3'600'000;

TEST_P(Layouts, a_bucketed_series_gives_back_every_bit_across_buckets_and_expires) {
  const int64_t now_ms = std::chrono::duration_cast<std::chrono::milliseconds>(
                             std::chrono::system_clock::now().time_since_epoch()).count();
  TimeSeriesBuckets series(client());
  std::vector<SeriesPoint> points;
  std::mt19937_64 random(3);
  const int64_t first_ms = now_ms / kHourMs * kHourMs - 2 * kHourMs;
  for (int i = 0; i < 300; ++i) {
    double value = std::bit_cast<double>(random());
    if (!std::isfinite(value)) value = -0.0;
    points.push_back({first_ms + i * 30'000, value});
  }
  value_of(series.add_many("cpu", points));
  const auto all = value_of(series.range("cpu", 0 + first_ms, first_ms + 300 * 30'000));
  EXPECT_EQ(all, points);
  for (size_t i = 0; i < all.size(); ++i) {
    EXPECT_EQ(std::bit_cast<uint64_t>(all[i].value), std::bit_cast<uint64_t>(points[i].value));
  }
  const auto middle = value_of(series.range("cpu", points[100].unix_ms, points[200].unix_ms));
  ASSERT_EQ(middle.size(), 101u);
  EXPECT_EQ(middle.front(), points[100]);
  EXPECT_TRUE(value_of(series.range("cpu", 10, 5)).empty());
  EXPECT_EQ(series.range("cpu", 0, INT64_MAX / 2).error().code, ErrorCode::invalid_argument);
  const std::string key = series.bucket_key("cpu", first_ms);
  EXPECT_EQ(key, "cpu:bucket:" + std::to_string(first_ms / 1000));
  // From the bucket's end on, not from the last write.
  const int64_t expires_ms = value_of(client().command("PEXPIRETIME", key)).as_integer();
  EXPECT_EQ(expires_ms, first_ms + kHourMs + 7 * 24 * kHourMs);
  value_of(series.add("cpu", {first_ms, 42}));
  EXPECT_EQ(value_of(series.range("cpu", first_ms, first_ms)), (std::vector<SeriesPoint>{{first_ms, 42}}));
  EXPECT_EQ(series.add("cpu", {first_ms, std::nan("")}).error().code, ErrorCode::invalid_argument);
}

TEST_P(Layouts, a_series_in_a_sorted_set_keeps_equal_values_and_forgets_what_is_too_old) {
  TimeSeriesSet series(client(), {.retention = 100s});
  std::vector<SeriesPoint> points;
  for (int i = 0; i < 50; ++i) points.push_back({1'700'000'000'000 + i * 1000, 1.5});
  value_of(series.add_many("t", points));
  EXPECT_EQ(value_of(series.range("t", 0, INT64_MAX / 2)), points);
  EXPECT_EQ(value_of(series.range("t", points[10].unix_ms - 999, points[12].unix_ms + 999)).size(), 3u);
  value_of(series.add("t", {points[0].unix_ms + 120'000, 2.5}));
  const auto left = value_of(series.range("t", 0, INT64_MAX / 2));
  ASSERT_EQ(left.size(), 31u);
  EXPECT_EQ(left.front(), points[20]);
  EXPECT_EQ(left.back().value, 2.5);
}

TEST_P(Layouts, the_comparison_shows_what_pays_and_leaves_nothing_behind) {
  value_of(client().set("mine", "stays"));
  const auto rows = value_of(compare_layouts(client()));
  EXPECT_EQ(value_of(client().dbsize()), 1);
  std::map<std::string, double> each;
  for (const LayoutRow& row : rows) {
    EXPECT_GT(row.memory_bytes, 0) << row.layout;
    EXPECT_GT(row.keys, 0u) << row.layout;
    each[row.data + "/" + row.layout] = row.bytes_each();
  }
  const std::string objects = "100 small objects/", documents = "100 documents of 2 KB/";
  EXPECT_LT(each.at(objects + "all in one hash, JSON"), each.at(objects + "a JSON string each"));
  EXPECT_LT(each.at(objects + "ObjectHashes, MessagePack"), each.at(objects + "all in one hash, JSON"));
  for (const char* const codec : {"lz4", "zlib", "zstd"}) {
    EXPECT_LT(each.at(documents + "JSON, " + codec), each.at(documents + "JSON, plain") / 2) << codec;
  }
  EXPECT_LT(each.at("1000 counters/PackedCounters by number"), 3);
  EXPECT_LT(each.at("1000 points of a time series/TimeSeriesBuckets of an hour"), 26);
}

// --- The monitor

TEST_P(Monitoring, refuses_a_window_without_length) {
  EXPECT_EQ(monitor_write_performance(client(), 0ms).error().code, ErrorCode::invalid_argument);
  WriteMonitor monitor(client());
  EXPECT_EQ(monitor.measure().error().code, ErrorCode::invalid_argument);
  ManualWaitClock clock;
  WriteMonitor still(client(), {.clock = &clock});
  value_of(still.begin());
  EXPECT_EQ(still.measure().error().code, ErrorCode::invalid_argument);
}

TEST_P(Monitoring, counts_writes_by_the_servers_own_word) {
  value_of(client().call({"CONFIG", "RESETSTAT"}));
  ManualWaitClock clock;
  WriteMonitor monitor(client(), {.queues = {"queue", "stream", "none"}, .clock = &clock});
  value_of(monitor.begin());
  for (int i = 0; i < 30; ++i) value_of(client().incr("n"));
  for (int i = 0; i < 10; ++i) value_of(client().rpush("queue", "x"));
  value_of(client().xadd("stream", {{"f", "v"}}));
  value_of(client().call({"XGROUP", "CREATE", "stream", "g", "0"}));
  for (int i = 0; i < 10; ++i) value_of(client().get("n"));
  clock.advance(2s);
  const WritePerformance seen = value_of(monitor.measure());
  EXPECT_EQ(seen.write_commands, 42u);
  EXPECT_GE(seen.total_commands, 52u);
  EXPECT_DOUBLE_EQ(seen.duration_seconds, 2);
  EXPECT_DOUBLE_EQ(seen.write_ops_per_second, 21);
  EXPECT_GT(seen.write_percentage, 50);
  EXPECT_LE(seen.write_percentage, 100);
  EXPECT_FALSE(seen.was_reset);
  EXPECT_GT(seen.used_memory_delta, 0);
  EXPECT_DOUBLE_EQ(seen.memory_growth_bytes_per_second, static_cast<double>(seen.used_memory_delta) / 2);
  std::map<std::string, uint64_t> calls;
  for (const CommandLoad& load : seen.writes) calls[load.name] = load.calls;
  EXPECT_EQ(calls, (std::map<std::string, uint64_t>{{"incr", 30}, {"rpush", 10}, {"xadd", 1}, {"xgroup|create", 1}}));
  EXPECT_EQ(seen.queue_depths,
            (std::vector<std::pair<std::string, int64_t>>{{"queue", 10}, {"stream", 1}, {"none", 0}}));
  EXPECT_TRUE(seen.warnings.empty());
}

TEST_P(Monitoring, sees_that_the_counters_were_reset) {
  value_of(client().set("k", "v"));
  ManualWaitClock clock;
  WriteMonitor monitor(client(), {.clock = &clock});
  for (int i = 0; i < 20; ++i) value_of(client().set("k", "v"));
  value_of(monitor.begin());
  value_of(client().call({"CONFIG", "RESETSTAT"}));
  for (int i = 0; i < 3; ++i) value_of(client().set("k", "v"));
  clock.advance(1s);
  const WritePerformance seen = value_of(monitor.measure());
  EXPECT_TRUE(seen.was_reset);
  EXPECT_EQ(seen.write_commands, 3u);
}

TEST_P(Monitoring, measures_round_trips_all_through_the_window) {
  const WritePerformance seen = value_of(monitor_write_performance(client(), 50ms));
  ASSERT_TRUE(seen.round_trip_p50_ms.has_value());
  EXPECT_GT(*seen.round_trip_p50_ms, 0);
  EXPECT_GE(*seen.round_trip_p99_ms, *seen.round_trip_p50_ms);
  EXPECT_GE(seen.duration_seconds, 0.05);
}

TEST_P(MonitoringFaults, a_restart_in_the_window_is_no_negative_number) {
  ServerProcess server(program());
  Client client = open_or_fail(server.url() + "?reconnect_delay_min_ms=1&reconnect_delay_max_ms=5");
  for (int i = 0; i < 20; ++i) value_of(client.set("k", "v"));
  ManualWaitClock clock;
  WriteMonitor monitor(client, {.clock = &clock});
  value_of(monitor.begin());
  server.kill();
  EXPECT_FALSE(monitor.measure().has_value());
  ASSERT_TRUE(server.start());
  EXPECT_TRUE(eventually([&] { return client.set("k", "v").has_value(); }));
  clock.advance(1s);
  const WritePerformance seen = value_of(monitor.measure());
  EXPECT_TRUE(seen.was_reset);
  EXPECT_GE(seen.write_commands, 1u);
  EXPECT_LE(seen.write_commands, 20u);
}

}  // namespace
}  // namespace redstart::scenarios
