// Typed commands for keys and for each type of value, over every store.
#include <algorithm>
#include <cmath>
#include <numeric>
#include <set>

#include "tests/scenarios/scenario.h"

namespace redstart::scenarios {
namespace {

using namespace std::chrono_literals;

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

}  // namespace
}  // namespace redstart::scenarios
