// Typed methods that the other scenarios do not call, over every store.
#include "tests/scenarios/stores.h"

namespace redstart::scenarios {
namespace {

using namespace std::chrono_literals;
using Strings = std::vector<std::string>;
using Members = std::vector<ScoredMember>;

class MoreCommands : public StoreTest {};
INSTANTIATE_TEST_SUITE_P(Stores, MoreCommands, kAllStores, name_of);

TEST_P(MoreCommands, pop_of_many_keys_what_the_first_has) {
  EXPECT_EQ(value_of(client().lmpop(Strings{"{t}a", "{t}b"}, End::left)), std::nullopt);
  value_of(client().rpush_all("{t}b", Strings{"1", "2", "3"}));
  EXPECT_EQ(value_of(client().lmpop(Strings{"{t}a", "{t}b"}, End::right, 2)), (KeyedElements{"{t}b", {"3", "2"}}));
  EXPECT_EQ(value_of(client().blmpop(Strings{"{t}b"}, End::left, 1s)), (KeyedElements{"{t}b", {"1"}}));
  EXPECT_EQ(value_of(client().blmpop(Strings{"{t}b"}, End::left, 10ms)), std::nullopt);
  using Rank = Client::Rank;
  EXPECT_EQ(value_of(client().zmpop(Strings{"{t}z"}, Rank::lowest)), std::nullopt);
  value_of(client().zadd_all("{t}z", Members{{"a", 1}, {"b", 2}, {"c", 3}, {"d", 4}}));
  EXPECT_EQ(value_of(client().zmpop(Strings{"{t}z"}, Rank::highest)), (KeyedMembers{"{t}z", {{"d", 4}}}));
  EXPECT_EQ(value_of(client().bzmpop(Strings{"{t}z"}, Rank::lowest, 1s)), (KeyedMembers{"{t}z", {{"a", 1}}}));
  EXPECT_EQ(value_of(client().bzpopmin(Strings{"{t}z"}, 1s)), (KeyedMembers{"{t}z", {{"b", 2}}}));
  EXPECT_EQ(value_of(client().bzpopmax(Strings{"{t}z"}, 1s)), (KeyedMembers{"{t}z", {{"c", 3}}}));
  EXPECT_EQ(value_of(client().bzpopmax(Strings{"{t}z"}, 10ms)), std::nullopt);
}

TEST_P(MoreCommands, combine_sorted_sets) {
  value_of(client().zadd_all("{t}a", Members{{"x", 1}, {"y", 2}}));
  value_of(client().zadd_all("{t}b", Members{{"y", 3}, {"z", 4}}));
  const Strings keys = {"{t}a", "{t}b"};
  EXPECT_EQ(value_of(client().zdiff(keys)), Strings{"x"});
  EXPECT_EQ(value_of(client().zinter(keys)), Strings{"y"});
  EXPECT_EQ(value_of(client().zunion(keys)).size(), 3u);
  EXPECT_EQ(value_of(client().zdiff_with_scores(keys)), (Members{{"x", 1}}));
  EXPECT_EQ(value_of(client().zinter_with_scores(keys)), (Members{{"y", 5}}));
  EXPECT_EQ(value_of(client().zunion_with_scores(keys)).back(), (ScoredMember{"y", 5}));
  EXPECT_EQ(value_of(client().zintercard(keys)), 1);
  EXPECT_EQ(value_of(client().zdiffstore("{t}d", keys)), 1);
  EXPECT_EQ(value_of(client().zremrangebylex("{t}d", "-", "+")), 1);
}

TEST_P(MoreCommands, carry_values_as_bytes) {
  EXPECT_EQ(value_of(client().dump("none")), std::nullopt);
  value_of(client().rpush_all("l", Strings{"a", "b"}));
  const std::string payload = value_of(client().dump("l")).value();
  EXPECT_FALSE(client().restore("l", payload).has_value());
  value_of(client().restore("l", payload, 100s, true));
  EXPECT_EQ(value_of(client().lrange("l", 0, -1)), (Strings{"a", "b"}));
  EXPECT_GT(value_of(client().ttl("l")), 0);
  EXPECT_EQ(value_of(client().sort_ro("l", Strings{"ALPHA", "DESC"})),
            (std::vector<std::optional<std::string>>{"b", "a"}));
}

TEST_P(MoreCommands, tell_of_the_server) {
  EXPECT_GT(value_of(client().time()).unix_time_us, 1'500'000'000'000'000);
  EXPECT_GT(value_of(client().command_count()), 200);
  EXPECT_GT(value_of(client().command_list()).size(), 200u);
  EXPECT_EQ(value_of(client().command_getkeys(Strings{"MSET", "a", "1", "b", "2"})), (Strings{"a", "b"}));
  EXPECT_EQ(value_of(client().pubsub_numpat()), 0);
  EXPECT_TRUE(value_of(client().pubsub_channels("nobody:*")).empty());
  EXPECT_EQ(value_of(client().pubsub_numsub(Strings{"nobody"})).size(), 2u);
  EXPECT_GT(value_of(client().client_id()), 0);
  if (!is_cluster()) return;
  EXPECT_EQ(value_of(client().cluster_keyslot("foo")), 12182);
  EXPECT_TRUE(value_of(client().cluster_info()).contains("cluster_state:ok"));
}

TEST_P(MoreCommands, xsetid_moves_the_last_id) {
  value_of(client().xadd("s", StringPairs{{"a", "1"}}, {.id = "1-1"}));
  value_of(client().xsetid("s", "5-0"));
  EXPECT_FALSE(client().xadd("s", StringPairs{{"a", "1"}}, {.id = "4-0"}).has_value());
}

TEST_P(MoreCommands, a_pipeline_runs_scripts_that_the_server_has_forgotten) {
  const Script add("return redis.call('incrby', KEYS[1], ARGV[1])");
  value_of(client().script_flush());
  auto pipeline = client().pipeline();
  std::vector<Pending<int64_t>> counts;
  for (int i = 0; i < 50; ++i) counts.push_back(add.run<int64_t>(pipeline, {"n" + std::to_string(i % 10)}, {"1"}));
  value_of(pipeline.run());
  EXPECT_EQ(value_of(*counts[49]), 5);
  value_of(client().script_flush());
  auto transaction = client().transaction();
  const auto first = add.run<int64_t>(transaction, {"{t}x"}, {"2"});
  const auto second = add.run<int64_t>(transaction, {"{t}x"}, {"3"});
  value_of(transaction.Pipeline::run(CallOptions{}));
  EXPECT_EQ(value_of(*first), 2);
  EXPECT_EQ(value_of(*second), 5);
}

}  // namespace
}  // namespace redstart::scenarios
