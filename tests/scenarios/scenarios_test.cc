// One suite over every store: what a user of the library may rely on, whatever the URL names.
#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <mutex>
#include <numeric>

#include "tests/scenarios/stores.h"

namespace redstart::scenarios {
namespace {

using namespace std::chrono_literals;
using Strings = std::vector<std::string>;

class Scenario : public StoreTest {};
INSTANTIATE_TEST_SUITE_P(Stores, Scenario, kAllStores, name_of);

// Collects pushes, and waits for them.
struct Inbox {
  std::mutex mutex;
  std::condition_variable arrived;
  std::vector<Reply> pushes;

  PushHandler handler() {
    return [this](const Reply& push) {
      const std::lock_guard lock(mutex);
      pushes.push_back(push);
      arrived.notify_all();
    };
  }
  bool wait_for(size_t count) {
    std::unique_lock lock(mutex);
    return arrived.wait_for(lock, 5s, [&] { return pushes.size() >= count; });
  }
};

Reply push_of(Strings words) {
  std::vector<Reply> elements;
  for (std::string& word : words) elements.push_back(Reply::bulk(std::move(word)));
  return Reply::aggregate(Reply::Type::push, std::move(elements));
}

// --- Errors first

TEST_P(Scenario, tells_a_wrong_type_with_the_servers_words) {
  value_of(client().set("text", "x"));
  const auto pushed = client().lpush("text", "y");
  ASSERT_FALSE(pushed.has_value());
  EXPECT_EQ(pushed.error().code, ErrorCode::wrong_type);
  EXPECT_EQ(pushed.error().outcome, Outcome::not_done);
  EXPECT_EQ(pushed.error().message,
            "WRONGTYPE Operation against a key holding the wrong kind of value");
}

TEST_P(Scenario, tells_unknown_commands_and_wrong_arguments) {
  EXPECT_EQ(client().call({"NOSUCH", "x"}).error().code, ErrorCode::server);
  EXPECT_EQ(client().call({"GET"}).error().message,
            "ERR wrong number of arguments for 'get' command");
  EXPECT_EQ(client().call(WordSpan()).error().code, ErrorCode::invalid_argument);
}

TEST_P(Scenario, refuses_session_commands_on_a_shared_client) {
  for (const auto* const name : {"SELECT", "MULTI", "watch", "Subscribe"}) {
    const auto refused = client().call({name, "1"});
    ASSERT_FALSE(refused.has_value()) << name;
    EXPECT_EQ(refused.error().code, ErrorCode::invalid_argument);
    EXPECT_NE(refused.error().message.find("dedicated()"), std::string::npos);
  }
}

TEST_P(Scenario, refuses_calls_after_close) {
  Client other = another_client();
  value_of(other.set("k", "v"));
  other.close();
  other.close();
  EXPECT_EQ(other.get("k").error().code, ErrorCode::closed);
  EXPECT_EQ(other.pipeline().run(CallOptions{}).has_value(), true);  // nothing to do
  auto pipeline = other.pipeline();
  pipeline.get("k");
  EXPECT_EQ(pipeline.run().error().code, ErrorCode::closed);
  EXPECT_EQ(other.dedicated().error().code, ErrorCode::closed);
  EXPECT_EQ(value_of(client().get("k")), "v");
}

// --- Typed commands

TEST_P(Scenario, strings) {
  EXPECT_EQ(value_of(client().get("s")), std::nullopt);
  EXPECT_TRUE(value_of(client().set("s", "1")));
  EXPECT_FALSE(value_of(client().set("s", "2", {.condition = SetOptions::If::missing})));
  EXPECT_EQ(value_of(client().set_and_get("s", "5")), "1");
  EXPECT_EQ(value_of(client().incr("s")), 6);
  EXPECT_EQ(value_of(client().decrby("s", 10)), -4);
  EXPECT_DOUBLE_EQ(value_of(client().incrbyfloat("s", 0.5)), -3.5);
  EXPECT_EQ(value_of(client().append("s", "x")), 5);
  EXPECT_EQ(value_of(client().getrange("s", 0, 1)), "-3");
  EXPECT_EQ(value_of(client().setrange("s", 5, "yz")), 7);
  EXPECT_EQ(value_of(client().strlen("s")), 7);
  value_of(client().mset(StringPairs{{"a", "1"}, {"b", "2"}}));
  EXPECT_EQ(value_of(client().mget(Strings{"a", "none", "b"})),
            (std::vector<std::optional<std::string>>{"1", std::nullopt, "2"}));
  value_of(client().set("{a}", "0"));
  EXPECT_FALSE(value_of(client().msetnx(StringPairs{{"{a}", "1"}, {"{a}2", "2"}})));
  EXPECT_EQ(value_of(client().getdel("a")), "1");
  EXPECT_EQ(value_of(client().lcs("b", "{b}none")), "");
  value_of(client().set_for("t", "v", 60s));
  EXPECT_GT(value_of(client().pttl("t")), 50'000);
  EXPECT_EQ(value_of(client().getex_persist("t")), "v");
  EXPECT_EQ(value_of(client().ttl("t")), -1);
}

TEST_P(Scenario, bitmaps) {
  EXPECT_FALSE(value_of(client().setbit("{t}b", 7, true)));
  EXPECT_TRUE(value_of(client().setbit("{t}b", 7, true)));
  EXPECT_TRUE(value_of(client().getbit("{t}b", 7)));
  EXPECT_FALSE(value_of(client().getbit("{t}b", 100)));
  value_of(client().set("{t}c", "\xff\x0f"));
  EXPECT_EQ(value_of(client().bitcount("{t}c")), 12);
  EXPECT_EQ(value_of(client().bitcount("{t}c", 1, -1)), 4);
  EXPECT_EQ(value_of(client().bitcount("{t}c", 6, 9, BitUnit::bit)), 2);
  EXPECT_EQ(value_of(client().bitpos("{t}c", false)), 8);
  EXPECT_EQ(value_of(client().bitpos("{t}c", true, 1, -1)), 12);
  EXPECT_EQ(value_of(client().bitpos("{t}c", true, 8, 11, BitUnit::bit)), -1);
  EXPECT_EQ(value_of(client().bitop(BitOperation::xor_, "{t}d", Strings{"{t}b", "{t}c"})), 2);
  EXPECT_EQ(value_of(client().get("{t}d")), "\xfe\x0f");
  EXPECT_EQ(value_of(client().bitop(BitOperation::not_, "{t}d", Strings{"{t}c"})), 2);
  EXPECT_EQ(value_of(client().bitcount("{t}d")), 4);
  EXPECT_EQ(value_of(client().bitfield("f", {"SET", "u8", "#1", "250", "OVERFLOW", "FAIL", "INCRBY",
                                             "u8", "#1", "10", "GET", "i8", "#1"})),
            (std::vector<std::optional<int64_t>>{0, std::nullopt, -6}));
  EXPECT_EQ(value_of(client().bitfield_ro("f", {"GET", "u4", "8"})), std::vector<int64_t>{15});
  EXPECT_FALSE(client().setbit("{t}b", -1, true).has_value());
}

TEST_P(Scenario, hyperloglogs) {
  EXPECT_TRUE(value_of(client().pfadd("{t}h", "a")));
  EXPECT_FALSE(value_of(client().pfadd("{t}h", "a")));
  EXPECT_TRUE(value_of(client().pfadd_all("{t}h", Strings{"b", "c"})));
  EXPECT_TRUE(value_of(client().pfadd_all("empty", Strings{})));
  EXPECT_EQ(value_of(client().pfcount("{t}h")), 3);
  EXPECT_EQ(value_of(client().pfcount("{t}none")), 0);
  auto pipeline = client().pipeline();
  for (int i = 0; i < 20'000; ++i) pipeline.pfadd("{t}many", "element:" + std::to_string(i));
  value_of(pipeline.run());
  const int64_t many = value_of(client().pfcount("{t}many"));
  EXPECT_NEAR(static_cast<double>(many), 20'000, 1000);
  EXPECT_GE(value_of(client().pfcount_all(Strings{"{t}h", "{t}many", "{t}none"})), many);
  value_of(client().pfmerge("{t}all", Strings{"{t}h", "{t}many"}));
  EXPECT_EQ(value_of(client().pfcount("{t}all")), value_of(client().pfcount_all(Strings{"{t}h", "{t}many"})));
  value_of(client().set("text", "x"));
  EXPECT_EQ(client().pfadd("text", "a").error().code, ErrorCode::wrong_type);
}

TEST_P(Scenario, positions) {
  EXPECT_TRUE(value_of(client().geoadd("{t}g", {13.361389, 38.115556}, "Palermo")));
  EXPECT_FALSE(client().geoadd("{t}g", {181, 0}, "nowhere").has_value());
  const std::vector<GeoMember> more = {{"Catania", {15.087269, 37.502669}},
                                       {"Palermo", {13.361389, 38.115556}}};
  EXPECT_EQ(value_of(client().geoadd_all("{t}g", more, {"NX"})), 1);
  EXPECT_EQ(value_of(client().geodist("{t}g", "Palermo", "Catania", GeoUnit::kilometers)), 166.2742);
  EXPECT_EQ(value_of(client().geodist("{t}g", "Palermo", "none")), std::nullopt);
  EXPECT_EQ(value_of(client().geohash("{t}g", Strings{"Palermo", "none"})),
            (std::vector<std::optional<std::string>>{"sqc8b49rny0", std::nullopt}));
  const auto positions = value_of(client().geopos("{t}g", Strings{"Catania", "none"}));
  ASSERT_EQ(positions.size(), 2u);
  EXPECT_NEAR(positions[0].value().latitude, 37.502669, 1e-5);
  EXPECT_FALSE(positions[1].has_value());
  const auto around = value_of(client().geosearch("{t}g", {.from = GeoPosition{15, 37},
                                                        .within = GeoCircle{200},
                                                        .unit = GeoUnit::kilometers,
                                                        .order = GeoSearch::Order::nearest_first,
                                                        .with_position = true,
                                                        .with_distance = true,
                                                        .with_hash = true}));
  ASSERT_EQ(around.size(), 2u);
  EXPECT_EQ(around[0].member, "Catania");
  EXPECT_EQ(around[0].distance, 56.4413);
  EXPECT_EQ(around[0].hash, 3479447370796909);
  EXPECT_NEAR(around[0].position.value().longitude, 15.087269, 1e-5);
  const GeoSearch near_palermo{.from = std::string("Palermo"), .within = GeoBox{10, 10}};
  EXPECT_EQ(value_of(client().geosearch("{t}g", near_palermo)).at(0).distance, std::nullopt);
  EXPECT_EQ(value_of(client().geosearchstore("{t}d", "{t}g", near_palermo, true)), 1);
  EXPECT_EQ(value_of(client().zscore("{t}d", "Palermo")), 0);
}

TEST_P(Scenario, values_of_any_bytes_and_sizes) {
  std::string bytes(256, '\0');
  std::iota(bytes.begin(), bytes.end(), 0);
  value_of(client().set(bytes, bytes + "\r\n"));
  EXPECT_EQ(value_of(client().get(bytes)), bytes + "\r\n");
  const std::string large(5'000'000, 'x');
  value_of(client().set("large", large));
  EXPECT_EQ(value_of(client().get("large")), large);
  EXPECT_EQ(value_of(client().set("", "")), true);
  EXPECT_EQ(value_of(client().get("")), "");
}

TEST_P(Scenario, keys) {
  value_of(client().mset(StringPairs{{"a", "1"}, {"b", "2"}, {"{b}c", "3"}}));
  EXPECT_TRUE(value_of(client().exists("a")));
  EXPECT_EQ(value_of(client().exists_all(Strings{"a", "a", "none"})), 2);
  EXPECT_EQ(value_of(client().type("a")), "string");
  EXPECT_EQ(value_of(client().type("none")), "none");
  EXPECT_TRUE(value_of(client().expire("a", 100s)));
  EXPECT_FALSE(value_of(client().expire("a", 50s, ExpireIf::later)));
  EXPECT_TRUE(value_of(client().persist("a")));
  value_of(client().rename("a", "{a}d"));
  EXPECT_FALSE(value_of(client().renamenx("b", "{b}c")));
  EXPECT_FALSE(client().rename("none", "{none}x").has_value());
  EXPECT_TRUE(value_of(client().copy("{a}d", "{a}e")));
  EXPECT_EQ(value_of(client().del("{a}e")), 1);
  EXPECT_EQ(value_of(client().unlink(Strings{"b", "none"})), 1);
  Strings left = value_of(client().keys("*"));
  std::ranges::sort(left);
  EXPECT_EQ(left, (Strings{"{a}d", "{b}c"}));
  EXPECT_EQ(value_of(client().dbsize()), 2);
  EXPECT_TRUE(value_of(client().randomkey()).has_value());
}

TEST_P(Scenario, expiry_removes_keys) {
  value_of(client().set_for("k", "v", 30ms));
  EXPECT_TRUE(eventually([&] { return !value_of(client().exists("k")); }));
  EXPECT_EQ(value_of(client().pttl("k")), -2);
}

TEST_P(Scenario, scan_visits_every_key) {
  StringPairs pairs;
  for (int i = 0; i < 1000; ++i) pairs.emplace_back("key:" + std::to_string(i), "v");
  value_of(client().mset(pairs));
  std::set<std::string> seen;
  std::string cursor = "0";
  do {
    const ScanPage page = value_of(client().scan(cursor, {.match = "key:*", .count = 100}));
    seen.insert(page.items.begin(), page.items.end());
    cursor = page.cursor;
  } while (cursor != "0");
  EXPECT_EQ(seen.size(), 1000u);
}

TEST_P(Scenario, lists) {
  EXPECT_EQ(value_of(client().lpop("l")), std::nullopt);
  EXPECT_EQ(value_of(client().rpush_all("l", Strings{"a", "b", "c"})), 3);
  EXPECT_EQ(value_of(client().lpush("l", "z")), 4);
  EXPECT_EQ(value_of(client().lrange("l", 0, -1)), (Strings{"z", "a", "b", "c"}));
  EXPECT_EQ(value_of(client().lindex("l", -1)), "c");
  EXPECT_EQ(value_of(client().linsert("l", Side::before, "b", "ab")), 5);
  EXPECT_EQ(value_of(client().lpos("l", "b")), 3);
  value_of(client().lset("l", 0, "y"));
  EXPECT_EQ(value_of(client().lrem("l", 0, "ab")), 1);
  EXPECT_EQ(value_of(client().lmove("l", "{l}m", End::right, End::left)), "c");
  EXPECT_EQ(value_of(client().lpop("l", 2)), (Strings{"y", "a"}));
  value_of(client().ltrim("l", 0, 0));
  EXPECT_EQ(value_of(client().llen("l")), 1);
  EXPECT_EQ(value_of(client().rpop("l")), "b");
  EXPECT_FALSE(value_of(client().exists("l")));
}

TEST_P(Scenario, hashes) {
  EXPECT_TRUE(value_of(client().hset("h", "a", "1")));
  EXPECT_FALSE(value_of(client().hset("h", "a", "2")));
  EXPECT_EQ(value_of(client().hset_all("h", StringPairs{{"a", "3"}, {"b", "x"}})), 1);
  EXPECT_EQ(value_of(client().hget("h", "b")), "x");
  EXPECT_EQ(value_of(client().hmget("h", Strings{"a", "none"})),
            (std::vector<std::optional<std::string>>{"3", std::nullopt}));
  StringPairs all = value_of(client().hgetall("h"));
  std::ranges::sort(all);
  EXPECT_EQ(all, (StringPairs{{"a", "3"}, {"b", "x"}}));
  EXPECT_EQ(value_of(client().hincrby("h", "a", 4)), 7);
  EXPECT_DOUBLE_EQ(value_of(client().hincrbyfloat("h", "a", 0.25)), 7.25);
  EXPECT_TRUE(value_of(client().hexists("h", "a")));
  EXPECT_EQ(value_of(client().hlen("h")), 2);
  EXPECT_EQ(value_of(client().hscan("h", "0")).items.size(), 4u);
  EXPECT_EQ(value_of(client().hrandfield("h", 5)).size(), 2u);
  EXPECT_EQ(value_of(client().hdel_all("h", Strings{"a", "b"})), 2);
  EXPECT_FALSE(value_of(client().exists("h")));
}

TEST_P(Scenario, sets) {
  EXPECT_TRUE(value_of(client().sadd("{t}s", "a")));
  EXPECT_EQ(value_of(client().sadd_all("{t}s", Strings{"a", "b", "c"})), 2);
  value_of(client().sadd_all("{t}t", Strings{"b", "d"}));
  EXPECT_EQ(value_of(client().smismember("{t}s", Strings{"a", "d"})),
            (std::vector<bool>{true, false}));
  EXPECT_EQ(value_of(client().sinter(Strings{"{t}s", "{t}t"})), (Strings{"b"}));
  EXPECT_EQ(value_of(client().sunion(Strings{"{t}s", "{t}t"})).size(), 4u);
  Strings difference = value_of(client().sdiff(Strings{"{t}s", "{t}t"}));
  std::ranges::sort(difference);
  EXPECT_EQ(difference, (Strings{"a", "c"}));
  EXPECT_TRUE(value_of(client().smove("{t}s", "{t}t", "a")));
  EXPECT_EQ(value_of(client().scard("{t}t")), 3);
  EXPECT_TRUE(value_of(client().srem("{t}t", "a")));
  EXPECT_EQ(value_of(client().spop("{t}s", 10)).size(), 2u);
  EXPECT_EQ(value_of(client().smembers("{t}s")), Strings{});
}

TEST_P(Scenario, sorted_sets) {
  EXPECT_TRUE(value_of(client().zadd("z", 1, "a")));
  const std::vector<ScoredMember> members = {{"a", 2}, {"b", 1.5}, {"c", -INFINITY}};
  EXPECT_EQ(value_of(client().zadd_all("z", members)), 2);
  EXPECT_EQ(value_of(client().zscore("z", "b")), 1.5);
  EXPECT_EQ(value_of(client().zscore("z", "none")), std::nullopt);
  EXPECT_EQ(value_of(client().zrange_with_scores("z", 0, -1)),
            (std::vector<ScoredMember>{{"c", -INFINITY}, {"b", 1.5}, {"a", 2}}));
  EXPECT_EQ(value_of(client().zrank("z", "a")), 2);
  EXPECT_EQ(value_of(client().zrevrank("z", "none")), std::nullopt);
  EXPECT_DOUBLE_EQ(value_of(client().zincrby("z", 0.25, "b")), 1.75);
  EXPECT_EQ(value_of(client().zcount("z", "(1.75", "+inf")), 1);
  EXPECT_EQ(value_of(client().zrange_by("z", {"0", "5", "BYSCORE", "LIMIT", "0", "1"})),
            (Strings{"b"}));
  EXPECT_EQ(value_of(client().zpopmax("z")), (std::vector<ScoredMember>{{"a", 2}}));
  EXPECT_EQ(value_of(client().zunionstore("{z}u", Strings{"z", "z"})), 2);
  EXPECT_EQ(value_of(client().zcard("{z}u")), 2);
  EXPECT_EQ(value_of(client().zrem_all("z", Strings{"b", "c", "x"})), 2);
}

// --- Pipelines and transactions

TEST_P(Scenario, streams) {
  EXPECT_EQ(value_of(client().xadd("s", StringPairs{{"a", "1"}}, {.create = false})), std::nullopt);
  EXPECT_EQ(value_of(client().xadd("s", StringPairs{{"a", "1"}, {"b", "2"}}, {.id = "1-1"})), "1-1");
  EXPECT_EQ(value_of(client().xadd("s", StringPairs{{"a", "3"}}, {.id = "2-*"})), "2-0");
  EXPECT_FALSE(client().xadd("s", StringPairs{{"a", "1"}}, {.id = "1-1"}).has_value());
  const std::string own_id = value_of(client().xadd("s", {{"a", "4"}}));
  EXPECT_EQ(value_of(client().xlen("s")), 3);
  const StreamEntry first{.id = "1-1", .fields = {{"a", "1"}, {"b", "2"}}};
  const StreamEntry second{.id = "2-0", .fields = {{"a", "3"}}};
  EXPECT_EQ(value_of(client().xrange("s", "-", "(" + own_id)), (std::vector<StreamEntry>{first, second}));
  EXPECT_EQ(value_of(client().xrange("s", "-", "+", 1)), std::vector<StreamEntry>{first});
  EXPECT_EQ(value_of(client().xrevrange("s", "2", "-")), (std::vector<StreamEntry>{second, first}));
  EXPECT_EQ(value_of(client().xread(StringPairs{{"{s}none", "0"}, {"s", "1-1"}}, {.count = 1})),
            (std::vector<StreamBatch>{{"s", {second}}}));
  EXPECT_TRUE(value_of(client().xread(StringPairs{{"s", "$"}}, {.block = 10ms})).empty());
  EXPECT_EQ(value_of(client().xdel("s", Strings{"2-0", "9-9"})), 1);
  const StreamInfo info = value_of(client().xinfo_stream("s"));
  EXPECT_EQ(info.length, 2);
  EXPECT_EQ(info.max_deleted_id, "2-0");
  EXPECT_EQ(info.first_entry, first);
  EXPECT_EQ(info.last_entry->id, own_id);
  EXPECT_EQ(value_of(client().xtrim("s", {.length_max = 1, .exactly = true})), 1);
  EXPECT_EQ(value_of(client().xtrim("s", {.id_min = own_id, .limit = 100})), 0);
  EXPECT_FALSE(client().xinfo_stream("none").has_value());
}

TEST_P(Scenario, consumer_groups) {
  value_of(client().xgroup_create("s", "g", "0", true));
  EXPECT_FALSE(client().xgroup_create("s", "g").has_value());
  EXPECT_EQ(value_of(client().xpending("s", "g")).count, 0);
  for (const auto* const id : {"1-0", "2-0", "3-0"}) {
    value_of(client().xadd("s", StringPairs{{"f", id}}, {.id = id}));
  }
  EXPECT_TRUE(value_of(client().xgroup_createconsumer("s", "g", "bob")));
  const auto given = value_of(client().xreadgroup("g", "alice", StringPairs{{"s", ">"}}, {.count = 2}));
  ASSERT_EQ(given.size(), 1u);
  EXPECT_EQ(given[0].entries[1], (StreamEntry{.id = "2-0", .fields = {{"f", "2-0"}}}));
  EXPECT_EQ(value_of(client().xack("s", "g", Strings{"1-0", "3-0"})), 1);
  const auto pending = value_of(client().xpending("s", "g"));
  EXPECT_EQ(pending.count, 1);
  EXPECT_EQ(pending.last_id, "2-0");
  EXPECT_EQ(pending.consumers, (std::vector<std::pair<std::string, int64_t>>{{"alice", 1}}));
  EXPECT_EQ(value_of(client().xpending("s", "g", {.consumer = "alice"}))[0].deliveries, 1);
  EXPECT_TRUE(value_of(client().xpending("s", "g", {.min_idle = 1h})).empty());
  EXPECT_EQ(value_of(client().xclaim("s", "g", "bob", 0ms, Strings{"2-0"}))[0].id, "2-0");
  EXPECT_EQ(value_of(client().xclaim_ids("s", "g", "bob", 1h, Strings{"2-0"})), Strings{});
  value_of(client().xdel("s", Strings{"2-0"}));
  const auto history = value_of(client().xreadgroup("g", "bob", StringPairs{{"s", "0"}}));
  ASSERT_EQ(history.at(0).entries.size(), 1u);
  EXPECT_TRUE(history[0].entries[0].is_deleted);
  const auto page = value_of(client().xautoclaim("s", "g", "carol", 0ms));
  EXPECT_TRUE(page.last());
  EXPECT_EQ(page.deleted_ids, Strings{"2-0"});
  EXPECT_EQ(value_of(client().xreadgroup("g", "bob", StringPairs{{"s", ">"}}, {.no_ack = true}))[0].entries.size(), 1u);
  const auto groups = value_of(client().xinfo_groups("s"));
  ASSERT_EQ(groups.size(), 1u);
  EXPECT_EQ(groups[0].last_id, "3-0");
  EXPECT_EQ(groups[0].entries_read, 3);
  EXPECT_EQ(groups[0].lag, 0);
  const auto consumers = value_of(client().xinfo_consumers("s", "g"));
  ASSERT_EQ(consumers.size(), 2u);
  EXPECT_EQ(consumers[0].name, "alice");
  value_of(client().xgroup_setid("s", "g", "0"));
  EXPECT_EQ(value_of(client().xgroup_delconsumer("s", "g", "bob")), 0);
  EXPECT_TRUE(value_of(client().xgroup_destroy("s", "g")));
  EXPECT_FALSE(value_of(client().xgroup_destroy("s", "g")));
}

TEST_P(Scenario, a_blocking_read_of_a_stream_waits_for_another_thread) {
  const std::string before = value_of(client().xadd("s", {{"f", "old"}}));
  std::atomic<bool> started{false};
  std::vector<StreamBatch> read;
  std::thread reader([&] {
    started = true;
    read = value_of(client().xread(StringPairs{{"s", before}}, {.block = 20s}));
  });
  while (!started) std::this_thread::yield();
  value_of(another_client().xadd("s", StringPairs{{"f", "new"}}, {}));
  reader.join();
  ASSERT_EQ(read.size(), 1u);
  EXPECT_EQ(read[0].entries.at(0).fields, (StringPairs{{"f", "new"}}));
}

TEST_P(Scenario, a_pipeline_has_an_outcome_for_every_command) {
  auto pipeline = client().pipeline();
  const auto set = pipeline.set("a", "x");
  const auto wrong = pipeline.lpush("a", "y");
  const auto got = pipeline.get("a");
  const auto raw = pipeline.command("STRLEN", "a");
  EXPECT_FALSE(got.ready());
  value_of(pipeline.run());
  EXPECT_TRUE(**set);
  EXPECT_EQ((*wrong).error().code, ErrorCode::wrong_type);
  EXPECT_EQ(**got, "x");
  EXPECT_EQ((*raw)->as_integer(), 1);
  EXPECT_EQ(pipeline.size(), 0u);
}

TEST_P(Scenario, a_pipeline_may_be_long) {
  auto pipeline = client().pipeline();
  std::vector<Pending<int64_t>> counts;
  for (int i = 0; i < 20'000; ++i) counts.push_back(pipeline.incr("n"));
  value_of(pipeline.run());
  for (int i = 0; i < 20'000; ++i) ASSERT_EQ(*counts[static_cast<size_t>(i)].get(), i + 1);
}

TEST_P(Scenario, a_pipeline_refuses_only_its_session_commands) {
  auto pipeline = client().pipeline();
  const auto first = pipeline.incr("n");
  const auto refused = pipeline.command("SELECT", "1");
  const auto second = pipeline.incr("n");
  EXPECT_FALSE(pipeline.run().has_value());
  EXPECT_EQ(**first, 1);
  EXPECT_EQ((*refused).error().code, ErrorCode::invalid_argument);
  EXPECT_EQ(**second, 2);
}

TEST_P(Scenario, a_transaction_runs_as_one) {
  auto transaction = client().transaction();
  const auto set = transaction.set("a", "1");
  const auto wrong = transaction.lpush("a", "x");
  const auto sum = transaction.incrby("a", 4);
  value_of(static_cast<Pipeline&>(transaction).run());
  EXPECT_TRUE(**set);
  EXPECT_EQ((*wrong).error().code, ErrorCode::wrong_type);
  EXPECT_EQ(**sum, 5);
}

TEST_P(Scenario, a_transaction_with_a_bad_command_does_nothing) {
  auto transaction = client().transaction();
  const auto set = transaction.set("a", "1");
  transaction.command("NOSUCH");
  const auto ran = static_cast<Pipeline&>(transaction).run();
  ASSERT_FALSE(ran.has_value());
  EXPECT_EQ(ran.error().code, ErrorCode::transaction_aborted);
  EXPECT_FALSE((*set).has_value());
  EXPECT_FALSE(value_of(client().exists("a")));
}

TEST_P(Scenario, a_transaction_is_tried_again_when_a_watched_key_changed) {
  value_of(client().set("balance", "10"));
  int attempts = 0;
  const Strings keys = {"balance"};
  const auto ran = client().transaction(keys, [&](Client& reader, Transaction& transaction) {
    const int64_t balance = std::stoll(*value_of(reader.get("balance")));
    // Somebody else gets in between, twice.
    if (++attempts <= 2) value_of(client().incr("balance"));
    transaction.set("balance", std::to_string(balance * 2));
    return true;
  });
  EXPECT_TRUE(value_of(ran));
  EXPECT_EQ(attempts, 3);
  EXPECT_EQ(value_of(client().get("balance")), "24");
}

TEST_P(Scenario, a_transaction_gives_up_when_told_to_or_tired) {
  const Strings keys = {"k"};
  EXPECT_FALSE(value_of(client().transaction(keys, [](Client&, Transaction& transaction) {
    transaction.set("k", "v");
    return false;
  })));
  const auto tired = client().transaction(
      keys,
      [&](Client&, Transaction& transaction) {
        value_of(client().incr("k"));
        transaction.set("k", "v");
        return true;
      },
      3);
  EXPECT_EQ(tired.error().code, ErrorCode::transaction_aborted);
  EXPECT_EQ(value_of(client().get("k")), "3");
}

TEST_P(Scenario, concurrent_transactions_lose_no_update) {
  constexpr int kThreads = 4, kRounds = 25;
  value_of(client().set("n", "0"));
  std::vector<std::thread> threads;
  for (int t = 0; t < kThreads; ++t) {
    threads.emplace_back([&] {
      const Strings keys = {"n"};
      for (int i = 0; i < kRounds; ++i) {
        value_of(client().transaction(
            keys,
            [](Client& reader, Transaction& transaction) {
              const int64_t n = std::stoll(*value_of(reader.get("n")));
              transaction.set("n", std::to_string(n + 1));
              return true;
            },
            10'000));
      }
    });
  }
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(value_of(client().get("n")), std::to_string(kThreads * kRounds));
}

TEST_P(Scenario, submitted_batches_are_done_in_order) {
  std::mutex mutex;
  std::condition_variable finished;
  std::vector<int64_t> counts;
  for (int i = 0; i < 100; ++i) {
    Batch batch;
    batch.commands = {{"INCR", "n"}};
    client().submit(std::move(batch), [&](BatchResult outcome) {
      const std::lock_guard lock(mutex);
      counts.push_back(outcome.at(0) ? outcome[0]->as_integer() : -1);
      finished.notify_one();
    });
  }
  std::unique_lock lock(mutex);
  ASSERT_TRUE(finished.wait_for(lock, 5s, [&] { return counts.size() == 100; }));
  for (int i = 0; i < 100; ++i) EXPECT_EQ(counts[static_cast<size_t>(i)], i + 1);
}

// --- Blocking, sessions, messages

TEST_P(Scenario, a_blocking_pop_waits_for_another_thread) {
  std::thread pusher([&] {
    std::this_thread::sleep_for(50ms);
    value_of(client().rpush("queue", "job"));
  });
  const auto popped = value_of(client().blpop(Strings{"{queue}other", "queue"}, 5s));
  pusher.join();
  ASSERT_TRUE(popped.has_value());
  EXPECT_EQ(*popped, (KeyedElement{"queue", "job"}));
}

TEST_P(Scenario, a_blocking_pop_ends_with_nothing_in_time) {
  const auto start = std::chrono::steady_clock::now();
  EXPECT_EQ(value_of(client().blpop(Strings{"queue"}, 100ms)), std::nullopt);
  EXPECT_GE(std::chrono::steady_clock::now() - start, 90ms);
}

TEST_P(Scenario, a_blocking_pop_ends_with_the_calls_timeout) {
  const std::string_view words[] = {"BLPOP", "queue", "0"};
  const auto popped = client().call(words, {.timeout = 100ms});
  ASSERT_FALSE(popped.has_value());
  EXPECT_EQ(popped.error().code, ErrorCode::timed_out);
  // It does not take what comes later.
  std::this_thread::sleep_for(50ms);
  value_of(client().rpush("queue", "job"));
  EXPECT_EQ(value_of(client().llen("queue")), 1);
}

TEST_P(Scenario, blocked_callers_do_not_hold_up_others) {
  constexpr int kWaiting = 8;
  std::vector<std::thread> threads;
  std::atomic<int> popped{0};
  for (int i = 0; i < kWaiting; ++i) {
    threads.emplace_back([&] {
      if (value_of(client().blpop(Strings{"queue"}, 10s))) ++popped;
    });
  }
  for (int i = 0; i < 100; ++i) value_of(client().incr("n"));
  EXPECT_EQ(popped, 0);
  for (int i = 0; i < kWaiting; ++i) value_of(client().rpush("queue", "job"));
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(popped, kWaiting);
}

TEST_P(Scenario, a_dedicated_session_keeps_its_state_to_itself) {
  if (is_cluster()) GTEST_SKIP() << "a cluster has one database";
  auto opened = client().dedicated();
  ASSERT_TRUE(opened.has_value());
  Client session = *opened;
  value_of(session.call({"SELECT", "1"}));
  value_of(session.set("k", "in 1"));
  EXPECT_EQ(value_of(client().get("k")), std::nullopt);
  EXPECT_EQ(value_of(session.get("k")), "in 1");
  EXPECT_TRUE(value_of(session.move("k", 0)));
  EXPECT_EQ(value_of(client().get("k")), "in 1");
}

TEST_P(Scenario, messages_come_to_subscribers) {
  Inbox inbox;
  {
    auto opened = client().dedicated();
    ASSERT_TRUE(opened.has_value());
    Client session = *opened;
    session.on_push(inbox.handler());
    value_of(session.call({"SUBSCRIBE", "news", "weather"}));
    value_of(session.call({"PSUBSCRIBE", "log:*"}));
    // In a cluster, those are counted who have subscribed at the node that is told.
    const int64_t counted = is_cluster() ? 0 : 1;
    EXPECT_GE(value_of(client().publish("news", "one")), counted);
    EXPECT_GE(value_of(client().publish("log:x", "two")), counted);
    EXPECT_EQ(value_of(client().publish("other", "three")), 0);
    ASSERT_TRUE(inbox.wait_for(2));
    EXPECT_EQ(inbox.pushes[0], push_of({"message", "news", "one"}));
    EXPECT_EQ(inbox.pushes[1], push_of({"pmessage", "log:*", "log:x", "two"}));
    // The session answers commands all the while.
    EXPECT_EQ(value_of(session.ping()), "PONG");
    value_of(session.call({"UNSUBSCRIBE"}));
    value_of(session.call({"PUNSUBSCRIBE"}));
    EXPECT_EQ(value_of(client().publish("news", "four")), 0);
    EXPECT_EQ(value_of(session.ping()), "PONG");
  }
  EXPECT_EQ(inbox.pushes.size(), 2u);
}

TEST_P(Scenario, many_messages_come_in_order) {
  Inbox inbox;
  auto opened = client().dedicated();
  ASSERT_TRUE(opened.has_value());
  opened->on_push(inbox.handler());
  value_of(opened->call({"SUBSCRIBE", "numbers"}));
  auto pipeline = client().pipeline();
  for (int i = 0; i < 1000; ++i) pipeline.publish("numbers", std::to_string(i));
  value_of(pipeline.run());
  ASSERT_TRUE(inbox.wait_for(1000));
  for (int i = 0; i < 1000; ++i) {
    ASSERT_EQ(inbox.pushes[static_cast<size_t>(i)][2].text(), std::to_string(i));
  }
  opened->close();
}

// --- Many threads

TEST_P(Scenario, many_threads_share_a_client_and_get_their_own_replies) {
  constexpr int kThreads = 16, kRounds = 300;
  std::vector<std::thread> threads;
  std::atomic<int> wrong{0};
  for (int t = 0; t < kThreads; ++t) {
    threads.emplace_back([&, t] {
      for (int i = 0; i < kRounds; ++i) {
        const std::string mine = std::to_string(t) + ":" + std::to_string(i);
        if (value_of(client().echo(mine)) != mine) ++wrong;
        if (i % 10 == 0) {
          auto pipeline = client().pipeline();
          const auto first = pipeline.echo(mine + "a");
          pipeline.incr("n");
          const auto last = pipeline.echo(mine + "b");
          value_of(pipeline.run());
          if (**first != mine + "a" || **last != mine + "b") ++wrong;
        }
        value_of(client().incr("n"));
      }
    });
  }
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(wrong, 0);
  EXPECT_EQ(value_of(client().get("n")), std::to_string(kThreads * (kRounds + kRounds / 10)));
}

TEST_P(Scenario, several_connections_keep_each_threads_order) {
  Client spread = another_client({.connections = 4});
  std::vector<std::thread> threads;
  for (int t = 0; t < 8; ++t) {
    threads.emplace_back([&, t] {
      const std::string key = "k" + std::to_string(t);
      for (int i = 0; i < 200; ++i) {
        value_of(spread.set(key, std::to_string(i)));
        EXPECT_EQ(value_of(spread.get(key)), std::to_string(i));
      }
    });
  }
  for (auto& thread : threads) thread.join();
}

TEST_P(Scenario, a_client_may_go_while_others_stay) {
  for (int i = 0; i < 20; ++i) {
    Client other = another_client();
    value_of(other.incr("n"));
    auto session = other.dedicated();
    ASSERT_TRUE(session.has_value());
    value_of(session->incr("n"));
  }
  EXPECT_EQ(value_of(client().get("n")), "40");
}

// --- URLs

TEST(OpenUrl, says_why_a_url_is_bad) {
  const auto opened = open("rediss//localhost");
  ASSERT_FALSE(opened.has_value());
  EXPECT_EQ(opened.error().code, ErrorCode::bad_url);
  EXPECT_NE(opened.error().message.find("redis://"), std::string::npos);
}

TEST(OpenUrl, memory_stores_of_one_name_are_one_and_others_are_apart) {
  const Client a = *open("memory:same"), b = *open("memory:same"), c = *open("memory:");
  Client(a).set("k", "v").value();
  EXPECT_EQ(value_of(Client(b).get("k")), "v");
  EXPECT_EQ(value_of(Client(c).get("k")), std::nullopt);
}

TEST(OpenUrl, says_that_nobody_listens) {
  const std::string url = "redis://127.0.0.1:" + std::to_string(free_port());
  const auto opened = open(url);
  ASSERT_FALSE(opened.has_value());
  EXPECT_EQ(opened.error().code, ErrorCode::connection_refused);
  EXPECT_NE(opened.error().message.find(url.substr(8)), std::string::npos);
  EXPECT_NE(opened.error().message.find("Connection refused"), std::string::npos);
}

TEST(OpenUrl, says_that_a_host_is_unknown_or_a_socket_missing) {
  const auto host = open("redis://no-such-host.invalid");
  ASSERT_FALSE(host.has_value());
  EXPECT_EQ(host.error().code, ErrorCode::connection_refused);
  EXPECT_NE(host.error().message.find("no-such-host.invalid"), std::string::npos);
  const auto socket = open("unix:/nonexistent/socket");
  ASSERT_FALSE(socket.has_value());
  EXPECT_NE(socket.error().message.find("/nonexistent/socket"), std::string::npos);
}

}  // namespace
}  // namespace redstart::scenarios
