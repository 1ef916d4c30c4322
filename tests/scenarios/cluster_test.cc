// What a user of a Redis Cluster may rely on beyond what the scenarios ask of every store: how commands are spread and
// gathered, and what happens when masters die, slots move and nodes stall.
#include <atomic>
#include <map>
#include <mutex>
#include <set>

#include "tests/scenarios/stores.h"

namespace redstart::scenarios {
namespace {

using namespace std::chrono_literals;
using Strings = std::vector<std::string>;

class Cluster : public testing::Test {
 protected:
  void SetUp() override {
    if (path_of(Program::redis).empty()) GTEST_SKIP() << missing_text(Program::redis);
    client_ = std::make_unique<Client>(open_or_fail(shared_cluster().url()));
    value_of(client().flushall());
  }
  Client& client() { return *client_; }
  std::unique_ptr<Client> client_;
};

// --- Errors first

TEST_F(Cluster, names_the_keys_that_are_in_different_slots) {
  const auto refused = client().sinter(Strings{"apple", "pear"});
  ASSERT_FALSE(refused.has_value());
  EXPECT_EQ(refused.error().code, ErrorCode::cross_slot);
  EXPECT_EQ(refused.error().outcome, Outcome::not_done);
  EXPECT_TRUE(refused.error().message.contains("'apple' and 'pear'")) << refused.error().message;
  EXPECT_EQ(client().msetnx(StringPairs{{"apple", "1"}, {"pear", "2"}}).error().code, ErrorCode::cross_slot);
}

TEST_F(Cluster, a_transaction_over_several_slots_is_refused_as_a_whole) {
  auto transaction = client().transaction();
  const auto first = transaction.set("apple", "1"), second = transaction.set("pear", "2");
  EXPECT_EQ(transaction.Pipeline::run(CallOptions{}).error().code, ErrorCode::cross_slot);
  EXPECT_EQ((*first).error().outcome, Outcome::not_done);
  EXPECT_EQ(value_of(client().get("apple")), std::nullopt);
  const auto watched = client().transaction(Strings{"apple", "pear"}, [](Client&, Transaction&) { return true; });
  EXPECT_EQ(watched.error().code, ErrorCode::cross_slot);
}

TEST_F(Cluster, a_server_without_a_cluster_is_told_apart) {
  const auto opened =
      open("redis-cluster://127.0.0.1:" + std::to_string(shared_server(StoreKind::redis_server).port()));
  ASSERT_FALSE(opened.has_value());
  EXPECT_TRUE(opened.error().message.contains("cluster support disabled")) << opened.error().message;
}

TEST_F(Cluster, nobody_there_is_connection_refused) {
  const auto opened = open("redis-cluster://127.0.0.1:1,127.0.0.1:2");
  ASSERT_FALSE(opened.has_value());
  EXPECT_EQ(opened.error().code, ErrorCode::connection_refused);
}

TEST_F(Cluster, a_cursor_of_somewhere_else_is_refused) {
  EXPECT_EQ(client().scan("17").error().code, ErrorCode::invalid_argument);
}

// --- Spreading and gathering

TEST_F(Cluster, commands_of_many_keys_are_split_and_their_replies_put_in_order) {
  StringPairs pairs;
  Strings keys;
  for (int i = 0; i < 500; ++i) {
    keys.push_back("key:" + std::to_string(i));
    pairs.emplace_back(keys.back(), std::to_string(i));
  }
  value_of(client().mset(pairs));
  const auto values = value_of(client().mget(keys));
  ASSERT_EQ(values.size(), 500u);
  for (size_t i = 0; i < 500; ++i) EXPECT_EQ(values[i], std::to_string(i));
  EXPECT_EQ(value_of(client().dbsize()), 500);
  EXPECT_EQ(value_of(client().keys("*")).size(), 500u);
  EXPECT_EQ(value_of(client().exists_all(keys)), 500);
  EXPECT_EQ(value_of(client().touch(Strings{"key:1", "none", "key:2"})), 2);
  EXPECT_EQ(value_of(client().unlink(Strings{"key:1", "none", "key:2"})), 2);
  EXPECT_EQ(value_of(client().del_all(keys)), 498);
  EXPECT_EQ(value_of(client().randomkey()), std::nullopt);
}

TEST_F(Cluster, a_pipeline_over_all_nodes_keeps_the_order_of_replies) {
  auto pipeline = client().pipeline();
  std::vector<Pending<int64_t>> counts;
  for (int i = 0; i < 1000; ++i) counts.push_back(pipeline.incr("counter:" + std::to_string(i % 100)));
  value_of(pipeline.run());
  for (size_t i = 0; i < 1000; ++i) EXPECT_EQ(value_of(*counts[i]), static_cast<int64_t>(i / 100 + 1));
}

TEST_F(Cluster, a_scan_visits_the_keys_of_every_node) {
  StringPairs pairs;
  for (int i = 0; i < 2000; ++i) pairs.emplace_back("key:" + std::to_string(i), "v");
  value_of(client().mset(pairs));
  std::set<std::string> seen;
  std::string cursor = "0";
  do {
    const ScanPage page = value_of(client().scan(cursor, {.count = 100}));
    seen.insert(page.items.begin(), page.items.end());
    cursor = page.cursor;
  } while (cursor != "0");
  EXPECT_EQ(seen.size(), 2000u);
}

TEST_F(Cluster, a_failed_part_of_a_split_write_says_that_others_may_be_done) {
  value_of(client().acl_setuser("half", {"on", ">pw", "+@all", "~fine*"}));
  auto half = open_or_fail(shared_cluster().url(), {.user = "half", .password = "pw"});
  const auto set = half.mset(StringPairs{{"fine:1", "a"}, {"denied", "b"}, {"fine:2", "c"}});
  ASSERT_FALSE(set.has_value());
  EXPECT_EQ(set.error().code, ErrorCode::no_auth);
  EXPECT_EQ(set.error().outcome, Outcome::unknown);
  EXPECT_EQ(value_of(client().get("fine:1")), "a");
  value_of(client().acl_deluser({"half"}));
}

TEST_F(Cluster, replicas_answer_reads_where_that_is_chosen) {
  auto reader = open_or_fail(shared_cluster().url() + "?read_from=replica");
  value_of(reader.set("k", "v"));
  EXPECT_TRUE(eventually([&] { return value_of(reader.get("k")) == "v"; }));
  const size_t master = shared_cluster().master_of("k");
  const auto gets = [&](size_t node) {
    const std::string stats = shared_cluster().client_of(node).info("commandstats").value();
    const size_t at = stats.find("cmdstat_get:calls=");
    return at == std::string::npos ? 0 : std::stoi(stats.substr(at + 18));
  };
  const int before = gets(master);
  for (int i = 0; i < 20; ++i) EXPECT_EQ(value_of(reader.get("k")), "v");
  EXPECT_EQ(gets(master), before);
}

TEST_F(Cluster, messages_of_shards_come_from_the_node_that_has_the_channel) {
  auto session = client().dedicated();
  ASSERT_TRUE(session.has_value());
  std::mutex mutex;
  Strings heard;
  session->on_push([&](const Reply& push) {
    const std::lock_guard lock(mutex);
    if (push[0].text() == "smessage") heard.push_back(push[1].text() + ":" + push[2].text());
  });
  for (const auto* const channel : {"a", "b", "c", "d"}) value_of(session->call({"SSUBSCRIBE", channel}));
  for (const auto* const channel : {"a", "b", "c", "d"}) {
    EXPECT_EQ(value_of(client().call({"SPUBLISH", channel, "x"})).as_integer(), 1);
  }
  EXPECT_TRUE(eventually([&] {
    const std::lock_guard lock(mutex);
    return heard.size() == 4;
  }));
}

TEST_F(Cluster, a_sessions_transaction_goes_to_the_node_of_its_keys) {
  Client session = *client().dedicated();
  value_of(session.call({"MULTI"}));
  value_of(session.call({"SET", "{t}a", "1"}));
  value_of(session.call({"INCR", "{t}a"}));
  const Reply done = value_of(session.call({"EXEC"}));
  ASSERT_EQ(done.size(), 2u);
  EXPECT_EQ(done[1].as_integer(), 2);
  EXPECT_EQ(value_of(session.call({"MULTI"})).text(), "OK");
  EXPECT_EQ(value_of(session.call({"EXEC"})).size(), 0u);
  EXPECT_EQ(session.call({"EXEC"}).error().message, "ERR EXEC without MULTI");
}

// --- Slots that move

class MovingSlot {
 public:
  MovingSlot(RedisCluster& cluster, std::string_view key) : cluster_(cluster), from_(cluster.master_of(key)) {
    to_ = from_ == 0 ? 1 : 0;
    slot_ = value_of(cluster.client_of(from_).cluster_keyslot(key));
  }
  void begin() {
    const std::string slot = std::to_string(slot_);
    value_of(cluster_.client_of(to_).call({"CLUSTER", "SETSLOT", slot, "IMPORTING", cluster_.id_of(from_)}));
    value_of(cluster_.client_of(from_).call({"CLUSTER", "SETSLOT", slot, "MIGRATING", cluster_.id_of(to_)}));
  }
  // Moves up to `count` keys; how many there were.
  size_t move(size_t count) {
    const std::string slot = std::to_string(slot_);
    const std::string port = std::to_string(cluster_.node(to_).port());
    Client from = cluster_.client_of(from_);
    const Reply keys = value_of(from.call({"CLUSTER", "GETKEYSINSLOT", slot, std::to_string(count)}));
    for (const Reply& key : keys.elements()) {
      value_of(from.call({"MIGRATE", "127.0.0.1", port, key.text(), "0", "5000"}));
    }
    return keys.size();
  }
  void finish() {
    for (const size_t node : {to_, from_, size_t{2}}) {
      value_of(
          cluster_.client_of(node).call({"CLUSTER", "SETSLOT", std::to_string(slot_), "NODE", cluster_.id_of(to_)}));
    }
    // Until all have heard of it, the next move could begin with somebody who still believes the old.
    EXPECT_TRUE(becomes_true([&] {
      for (size_t node = 0; node < RedisCluster::kNodes; ++node) {
        if (!cluster_.sees(node, slot_, to_)) return false;
      }
      return true;
    }));
  }

 private:
  RedisCluster& cluster_;
  const size_t from_;
  size_t to_;
  int64_t slot_;
};

TEST_F(Cluster, keys_are_found_on_both_sides_of_a_slot_that_moves) {
  Strings keys;
  for (int i = 0; i < 20; ++i) keys.push_back("{moving}" + std::to_string(i));
  for (const auto& key : keys) value_of(client().set(key, key));
  MovingSlot moving(shared_cluster(), "{moving}");
  moving.begin();
  EXPECT_EQ(moving.move(10), 10u);
  for (const auto& key : keys) EXPECT_EQ(value_of(client().get(key)), key);  // ASK for half of them
  auto pipeline = client().pipeline();
  std::vector<Pending<std::optional<std::string>>> values;
  for (const auto& key : keys) values.push_back(pipeline.get(key));
  value_of(pipeline.run());
  for (size_t i = 0; i < keys.size(); ++i) EXPECT_EQ(value_of(*values[i]), keys[i]);
  while (moving.move(10) > 0) {
  }
  auto transaction = client().transaction();  // ASK for the whole of it
  const auto set = transaction.set("{moving}new", "1");
  const auto count = transaction.incr("{moving}new");
  value_of(transaction.Pipeline::run(CallOptions{}));
  EXPECT_EQ(value_of(*count), 2);
  moving.finish();
  for (const auto& key : keys) EXPECT_EQ(value_of(client().get(key)), key);  // MOVED
  EXPECT_EQ(value_of(client().transaction(Strings{"{moving}new"}, [](Client& reader, Transaction& writes) {
    writes.set("{moving}new", *reader.get("{moving}new").value() + "x");
    return true;
  })), true);
  EXPECT_EQ(value_of(client().get("{moving}new")), "2x");
}

TEST_F(Cluster, no_write_is_lost_while_a_slot_moves_under_load) {
  std::atomic<bool> stop{false};
  std::atomic<int64_t> failed{0};
  std::vector<std::atomic<int64_t>> counts(8);
  std::vector<std::thread> threads;
  for (size_t t = 0; t < counts.size(); ++t) {
    threads.emplace_back([&, t] {
      const std::string key = "{load}" + std::to_string(t);
      while (!stop) {
        if (client().incr(key)) {
          ++counts[t];
        } else {
          ++failed;
        }
      }
    });
  }
  for (int round = 0; round < 3; ++round) {
    MovingSlot moving(shared_cluster(), "{load}");
    moving.begin();
    while (moving.move(2) > 0) {
    }
    moving.finish();
  }
  stop = true;
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(failed, 0);
  for (size_t t = 0; t < counts.size(); ++t) {
    EXPECT_EQ(value_of(client().get("{load}" + std::to_string(t))), std::to_string(counts[t]));
  }
}

// --- Masters that die and stall: clusters of their own

class ClusterFaults : public testing::Test {
 protected:
  void SetUp() override {
    if (path_of(Program::redis).empty()) GTEST_SKIP() << missing_text(Program::redis);
    cluster_ = std::make_unique<RedisCluster>();
  }
  std::unique_ptr<RedisCluster> cluster_;
};

TEST_F(ClusterFaults, a_killed_master_is_replaced_and_every_write_is_accounted_for) {
  Client client = open_or_fail(cluster_->url() + "?call_timeout_ms=15000");
  struct Writer {
    std::string key;
    int64_t acknowledged = 0, unknown = 0, failed = 0;
  };
  std::vector<Writer> writers(6);
  std::atomic<bool> stop{false};
  std::atomic<int64_t> done{0};
  std::vector<std::thread> threads;
  for (size_t t = 0; t < writers.size(); ++t) {
    writers[t].key = "counter:" + std::to_string(t);
    threads.emplace_back([&, t] {
      Writer& mine = writers[t];
      while (!stop) {
        const auto counted = client.incr(mine.key);
        if (counted) {
          ++mine.acknowledged;
          ++done;
        } else if (counted.error().outcome == Outcome::unknown) {
          ++mine.unknown;
        } else {
          ++mine.failed;
        }
      }
    });
  }
  ASSERT_TRUE(eventually([&] { return done > 1000; }));
  const size_t victim = cluster_->master_of(writers[0].key);
  // Redis replicates after it has answered: what the replica has not got yet is lost with the master. So that every
  // acknowledged write can be asked for, the replicas have caught up before the master dies.
  stop = true;
  for (auto& thread : threads) thread.join();
  threads.clear();
  ASSERT_GE(cluster_->client_of(victim).wait(1, 30s).value(), 1);
  std::map<std::string, int64_t> before;
  for (const auto& writer : writers) before[writer.key] = writer.acknowledged;
  cluster_->node(victim).kill();
  // Not one call fails: what was not sent waits for the new master.
  for (auto& writer : writers) {
    const auto counted = client.incr(writer.key);
    if (counted) ++writer.acknowledged;
    if (!counted && counted.error().outcome == Outcome::unknown) ++writer.unknown;
    EXPECT_TRUE(counted.has_value() || counted.error().outcome == Outcome::unknown) << counted.error().message;
  }
  for (const auto& writer : writers) {
    const int64_t counted = std::stoll(*value_of(client.get(writer.key)));
    EXPECT_GE(counted, writer.acknowledged) << writer.key;
    EXPECT_LE(counted, writer.acknowledged + writer.unknown) << writer.key;
  }
}

TEST_F(ClusterFaults, idempotent_writes_and_reads_outlive_a_master_that_dies_under_load) {
  Client client = open_or_fail(cluster_->url() + "?call_timeout_ms=15000");
  std::atomic<bool> stop{false};
  std::atomic<int64_t> failed{0}, done{0};
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&, t] {
      for (int i = 0; !stop; ++i) {
        const std::string key = "key:" + std::to_string(t) + ":" + std::to_string(i % 50);
        const std::string_view set[] = {"SET", key, "v"};
        if (!client.call(set, {.idempotent = true}) || !client.get(key)) ++failed;
        ++done;
      }
    });
  }
  ASSERT_TRUE(eventually([&] { return done > 1000; }));
  cluster_->node(cluster_->master_of("key:0:0")).kill();
  const int64_t before = done;
  EXPECT_TRUE(becomes_true([&] { return cluster_->is_healthy(2) && done > before + 1000; }));
  stop = true;
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(failed, 0);
}

TEST_F(ClusterFaults, calls_to_a_stalled_master_time_out_and_go_to_its_successor) {
  Client client = open_or_fail(cluster_->url() + "?call_timeout_ms=300");
  value_of(client.set("k", "v"));
  const size_t victim = cluster_->master_of("k");
  ASSERT_GE(cluster_->client_of(victim).wait(1, 30s).value(), 1);
  cluster_->node(victim).freeze();
  const auto stalled = client.incr("n{k}");
  ASSERT_FALSE(stalled.has_value());
  EXPECT_EQ(stalled.error().code, ErrorCode::timed_out);
  EXPECT_EQ(stalled.error().outcome, Outcome::unknown);
  EXPECT_TRUE(becomes_true([&] {
    const auto got = client.get("k");
    return got && *got == "v";
  }));
  EXPECT_TRUE(becomes_true([&] { return client.set("k", "w").has_value(); }));
  cluster_->node(victim).thaw();
}

TEST_F(ClusterFaults, a_lost_node_ends_a_session_which_says_so_once) {
  Client client = open_or_fail(cluster_->url());
  Client session = *client.dedicated();
  std::mutex mutex;
  int lost = 0;
  session.on_push([&](const Reply& push) {
    const std::lock_guard lock(mutex);
    lost += push[0].text() == "connection_lost";
  });
  for (const auto* const key : {"a", "b", "c"}) value_of(session.set(key, "v"));  // on all nodes
  cluster_->node(0).kill();
  EXPECT_TRUE(eventually([&] {
    const std::lock_guard lock(mutex);
    return lost == 1;
  }));
  EXPECT_EQ(session.get("a").error().code, ErrorCode::connection_lost);
  EXPECT_EQ(session.get("b").error().outcome, Outcome::not_done);
}

TEST_F(ClusterFaults, the_sessions_of_transactions_outlive_a_master) {
  Client client = open_or_fail(cluster_->url());
  const auto increment = [&](const std::string& key, int attempts_max) {
    return client.transaction(
        Strings{key},
        [&](Client&, Transaction& writes) {
          writes.incr(key);
          return true;
        },
        attempts_max);
  };
  for (const auto* const key : {"a", "b", "c"}) EXPECT_TRUE(value_of(increment(key, 1)));  // over all nodes
  const size_t victim = cluster_->master_of("a");
  ASSERT_GE(cluster_->client_of(victim).wait(1, 5000ms).value(), 1);
  cluster_->node(victim).kill();
  // The others are not concerned, though the session had a connection to each.
  for (const auto* const key : {"b", "c"}) {
    if (cluster_->master_of(key) == victim) continue;
    EXPECT_TRUE(value_of(increment(key, 1)));
  }
  EXPECT_TRUE(becomes_true([&] { return increment("a", 100).has_value(); }));
  EXPECT_TRUE(value_of(increment("a", 1)));
  EXPECT_GE(std::stoi(*value_of(client.get("a"))), 3);
}

TEST_F(ClusterFaults, a_full_queue_refuses_and_takes_again_later) {
  Client client = open_or_fail(cluster_->url() + "?queue_commands_max=50&call_timeout_ms=20000");
  value_of(client.set("k", "v"));
  const size_t victim = cluster_->master_of("k");
  cluster_->node(victim).freeze();
  std::atomic<int> full{0}, done{0}, other{0};
  for (int i = 0; i < 80; ++i) {
    Batch batch;
    batch.commands = {{"INCR", "n{k}"}};
    client.submit(std::move(batch), [&](BatchResult outcome) {
      if (outcome[0]) {
        ++done;
      } else {
        ++(outcome[0].error().code == ErrorCode::queue_full ? full : other);
      }
    });
  }
  EXPECT_EQ(full, 30);
  cluster_->node(victim).thaw();
  EXPECT_TRUE(eventually([&] { return done + other == 50; }));
  EXPECT_TRUE(client.incr("n{k}").has_value());
}

}  // namespace
}  // namespace redstart::scenarios
