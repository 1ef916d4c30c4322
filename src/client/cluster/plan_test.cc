#include "client/cluster/plan.h"

#include <gtest/gtest.h>

#include "client/routing/gather.h"

namespace redstart {
namespace {

using Words = std::vector<std::string_view>;

// Two masters: the lower half of the slots, and the upper.
Topology halves() {
  Topology topology;
  topology.shards.resize(2);
  topology.shards[0].master.id = "first";
  topology.shards[1].master.id = "second";
  topology.shards[1].lowest_slot = kSlots / 2;
  topology.shard_of_slot.fill(0);
  std::fill(topology.shard_of_slot.begin() + kSlots / 2, topology.shard_of_slot.end(), uint16_t{1});
  return topology;
}

Route planned(const Words& words) {
  auto route = plan(words, halves());
  EXPECT_TRUE(route.has_value()) << route.error().message;
  return route ? *route : Route{};
}

TEST(Slots, are_redis_clusters) {
  EXPECT_EQ(slot_of("foo"), 12182);
  EXPECT_EQ(slot_of("somekey"), 11058);
  EXPECT_EQ(slot_of(""), 0);
  EXPECT_EQ(slot_of("{user1000}.following"), slot_of("user1000"));
  EXPECT_EQ(slot_of("foo{}{bar}"), slot_of("foo{}{bar}"));
  EXPECT_NE(slot_of("foo{}{bar}"), slot_of("bar"));
  EXPECT_EQ(slot_of("foo{{bar}}zap"), slot_of("{bar"));
  EXPECT_EQ(slot_of("foo{bar}{zap}"), slot_of("bar"));
  EXPECT_EQ(slot_of("{unclosed"), slot_of("{unclosed"));
}

TEST(ClusterPlan, refuses_keys_of_several_slots_unless_the_command_is_split) {
  for (const Words& words :
       {Words{"SINTER", "a", "b"}, Words{"MSETNX", "a", "1", "b", "2"}, Words{"RENAME", "a", "b"},
        Words{"EVAL", "return 1", "2", "a", "b"}, Words{"LMPOP", "2", "a", "b", "LEFT"}}) {
    const auto refused = plan(words, halves());
    ASSERT_FALSE(refused.has_value()) << words[0];
    EXPECT_EQ(refused.error().code, ErrorCode::cross_slot);
    EXPECT_EQ(simple_slot(words), std::nullopt);
    EXPECT_FALSE(common_slot_of(words).has_value());
  }
}

TEST(ClusterPlan, finds_the_slot_wherever_the_keys_stand) {
  for (const Words& words :
       {Words{"GET", "k"}, Words{"XREAD", "COUNT", "1", "STREAMS", "k", "0"},
        Words{"EVAL", "x", "1", "k", "a"}, Words{"OBJECT", "ENCODING", "k"},
        Words{"BITOP", "AND", "k", "{k}1", "{k}2"}, Words{"MODULE.CMD", "k", "x"},
        Words{"SPUBLISH", "k", "text"}, Words{"PUBLISH", "k", "text"}}) {
    EXPECT_EQ(simple_slot(words), slot_of("k")) << words[0];
    ASSERT_EQ(planned(words).parts.size(), 1u);
    EXPECT_EQ(planned(words).parts[0].slot, slot_of("k"));
  }
  EXPECT_EQ(simple_slot(Words{"TIME"}), RoutePart::kAnySlot);
  EXPECT_EQ(simple_slot(Words{"FUNCTION", "LIST"}), RoutePart::kAnySlot);
  EXPECT_EQ(simple_slot(Words{"DBSIZE"}), std::nullopt);
}

TEST(ClusterPlan, splits_by_slots_and_remembers_the_order_of_keys) {
  const Route route = planned({"MSET", "a", "1", "{a}x", "2", "b", "3"});
  ASSERT_EQ(route.parts.size(), 2u);
  EXPECT_EQ(route.parts[0].words, (std::vector<std::string>{"MSET", "a", "1", "{a}x", "2"}));
  EXPECT_EQ(route.parts[1].words, (std::vector<std::string>{"MSET", "b", "3"}));
  const Route get = planned({"MGET", "a", "b", "{a}x"});
  EXPECT_EQ(get.gather, Gather::by_key);
  EXPECT_EQ(get.parts[0].key_numbers, (std::vector<uint32_t>{0, 2}));
  const auto reply =
      gather(get,
             {Reply::aggregate(Reply::Type::array, {Reply::bulk("0"), Reply::bulk("2")}),
              Reply::aggregate(Reply::Type::array, {Reply::bulk("1")})},
             true);
  ASSERT_TRUE(reply.has_value());
  for (size_t i = 0; i < 3; ++i) EXPECT_EQ((*reply)[i].text(), std::to_string(i));
}

TEST(ClusterPlan, concerns_every_master_where_the_tips_say_so) {
  EXPECT_EQ(planned({"DBSIZE"}).gather, Gather::sum);
  EXPECT_EQ(planned({"DBSIZE"}).parts.size(), 2u);
  EXPECT_EQ(planned({"KEYS", "*"}).gather, Gather::concatenate);
  EXPECT_EQ(planned({"FLUSHALL"}).gather, Gather::first);
  EXPECT_EQ(planned({"SCRIPT", "EXISTS", "x"}).gather, Gather::all_true);
  EXPECT_EQ(planned({"SCRIPT", "KILL"}).gather, Gather::one_succeeds);
  EXPECT_EQ(planned({"PING"}).parts.size(), 1u);
  EXPECT_EQ(planned({"INFO"}).parts.size(), 1u);
  EXPECT_EQ(planned({"ACL", "SETUSER", "x"}).parts.size(), 2u);
}

TEST(ClusterPlan, walks_over_the_masters_with_a_cursor_that_names_them) {
  EXPECT_EQ(plan(Words{"SCAN", "5"}, halves()).error().code, ErrorCode::invalid_argument);
  EXPECT_EQ(plan(Words{"SCAN", "99999-first-5"}, halves()).error().code,
            ErrorCode::invalid_argument);
  const auto page = [](std::string cursor) {
    return Reply::aggregate(Reply::Type::array,
                            {Reply::bulk(std::move(cursor)), Reply::aggregate(Reply::Type::array)});
  };
  const Route begin = planned({"SCAN", "0"});
  EXPECT_EQ(begin.parts[0].slot, 0);
  EXPECT_EQ((*begin.finish(page("17")))[0].text(), "0-first-17");
  EXPECT_EQ((*begin.finish(page("0")))[0].text(), "8192-second-0");
  const Route second = planned({"SCAN", "8192-second-3"});
  EXPECT_EQ(second.parts[0].words[1], "3");
  EXPECT_EQ(second.parts[0].slot, kSlots / 2);
  EXPECT_EQ((*second.finish(page("0")))[0].text(), "0");
  // Another master has the slot by now: its own cursors are no use to it.
  EXPECT_EQ(planned({"SCAN", "8192-other-3"}).parts[0].words[1], "0");
}

TEST(Gathering, a_failed_part_of_a_write_leaves_the_whole_unknown) {
  const Route route = planned({"DEL", "a", "b"});
  const Error refused{ErrorCode::connection_refused, Outcome::not_done, "gone"};
  const auto write = gather(route, {Reply::integer(1), std::unexpected(refused)}, false);
  ASSERT_FALSE(write.has_value());
  EXPECT_EQ(write.error().outcome, Outcome::unknown);
  const auto none = gather(route, {std::unexpected(refused), std::unexpected(refused)}, false);
  EXPECT_EQ(none.error().outcome, Outcome::not_done);
  EXPECT_EQ(gather(route, {Reply::integer(1), Reply::integer(1)}, false)->as_integer(), 2);
}

TEST(Topologies, come_of_cluster_slots) {
  const auto node = [](std::string host, int64_t port, std::string id) {
    return Reply::aggregate(Reply::Type::array, {Reply::bulk(std::move(host)), Reply::integer(port),
                                                 Reply::bulk(std::move(id))});
  };
  const auto range = [](int64_t first, int64_t last, std::vector<Reply> nodes) {
    nodes.insert(nodes.begin(), {Reply::integer(first), Reply::integer(last)});
    return Reply::aggregate(Reply::Type::array, std::move(nodes));
  };
  const remote::Endpoint asked{"10.0.0.9", 7000, {}};
  EXPECT_FALSE(topology_from(Reply::error("ERR no"), asked).has_value());
  EXPECT_FALSE(topology_from(Reply::integer(1), asked).has_value());
  EXPECT_FALSE(
      topology_from(Reply::aggregate(Reply::Type::array, {range(0, 20'000, {node("h", 1, "a")})}),
                    asked)
          .has_value());
  const auto topology = topology_from(
      Reply::aggregate(Reply::Type::array,
                       {range(8192, 16383, {node("h2", 2, "b")}),
                        range(0, 100, {node("", 1, "a"), node("h3", 3, "c"), node("?", 4, "d")}),
                        range(200, 8191, {node("", 1, "a")})}),
      asked);
  ASSERT_TRUE(topology.has_value());
  ASSERT_EQ(topology->shards.size(), 2u);
  EXPECT_EQ(topology->shards[0].master.endpoint.text(), "10.0.0.9:1");
  EXPECT_EQ(topology->shards[0].replicas.size(), 1u);
  EXPECT_EQ(topology->shard_of(150), nullptr);
  EXPECT_EQ(topology->shard_of(300)->master.id, "a");
}

TEST(Redirections, are_read_with_any_kind_of_address) {
  EXPECT_FALSE(redirection_in("MOVED").has_value());
  EXPECT_FALSE(redirection_in("MOVED x 1.2.3.4:5").has_value());
  EXPECT_FALSE(redirection_in("MOVED 1 nowhere").has_value());
  const auto moved = redirection_in("MOVED 3999 ::1:6381");
  ASSERT_TRUE(moved.has_value());
  EXPECT_FALSE(moved->is_ask);
  EXPECT_EQ(moved->slot, 3999);
  EXPECT_EQ(moved->endpoint.text(), "[::1]:6381");
  const auto ask = redirection_in("ASK 1 :6381");
  ASSERT_TRUE(ask.has_value());
  EXPECT_TRUE(ask->is_ask);
  EXPECT_EQ(ask->endpoint.host, "");
}

}  // namespace
}  // namespace redstart
