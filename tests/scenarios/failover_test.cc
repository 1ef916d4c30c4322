// What users of the patterns may rely on while the masters of their store change: by hand, by death, by a pause, under
// load; and when a replica takes over that lags.
#include <functional>
#include <thread>

#include "tests/scenarios/failover_queues.h"
#include "tests/scenarios/failover_recipes.h"
#include "tests/scenarios/failover_writers.h"
#include "tests/scenarios/stores.h"

namespace redstart::scenarios {
namespace {

// All workloads at once, a thread each.
class Load {
 public:
  explicit Load(const WorkloadOptions& options) {
    add_writers(workloads_, options);
    add_queues(workloads_, options);
    add_caches_and_recipes(workloads_, options);
  }
  ~Load() { stop(); }
  void start() {
    stopping_ = false;
    for (const auto& workload : workloads_) {
      threads_.emplace_back([this, one = workload.get()] {
        while (!stopping_) {
          one->act();
          std::this_thread::sleep_for(4ms);
        }
      });
    }
  }
  // Waits until the store has answered each of them a few times more.
  void go_on() {
    for (const auto& workload : workloads_) {
      const int64_t before = workload->progress();
      EXPECT_TRUE(becomes_true([&] { return workload->progress() > before + 20; })) << workload->name() << " is stuck";
    }
  }
  void stop() {
    stopping_ = true;
    for (auto& thread : threads_) thread.join();
    threads_.clear();
  }
  // What has been acknowledged until now survives what comes. `replicate` waits until the replicas have it.
  void confirm(const std::function<void()>& replicate) {
    stop();
    for (const auto& workload : workloads_) workload->settle();
    replicate();
    for (const auto& workload : workloads_) workload->confirm();
    start();
  }
  void on_takeover() {
    for (const auto& workload : workloads_) workload->on_takeover();
  }
  // Ends the workloads' own threads and connections.
  void end() { workloads_.clear(); }
  void check() {
    stop();
    for (const auto& workload : workloads_) workload->settle();
    for (const auto& workload : workloads_) {
      SCOPED_TRACE(workload->name());
      workload->check();
    }
  }

 private:
  Workloads workloads_;
  std::atomic<bool> stopping_{false};
  std::vector<std::thread> threads_;
};

// Until so many replicas have all that the server has acknowledged. A new connection waits for all that was written
// before it said hello.
void replicate(const std::string& url, int replicas) {
  auto client = open(url);
  ASSERT_TRUE(client.has_value()) << client.error().message;
  EXPECT_GE(value_of(client->wait(replicas, 30s)), replicas);
}

// --- A cluster

class ClusterTakeover : public testing::Test {
 protected:
  void SetUp() override {
    if (path_of(Program::redis).empty()) GTEST_SKIP() << missing_text(Program::redis);
    slot_ = value_of(cluster().client_of(0).cluster_keyslot(kFailoverTag));
    ASSERT_TRUE(becomes_true([] { return cluster().is_healthy(RedisCluster::kNodes - RedisCluster::kMasters); }));
    master_ = cluster().owner_of(slot_, 0);
    replica_ = (master_ + RedisCluster::kMasters) % RedisCluster::kNodes;
    viewer_ = (master_ + 1) % RedisCluster::kMasters;
    value_of(open(cluster().url()).value().flushall());
  }
  // One for all tests here: each leaves it as it was, but for who is master.
  static RedisCluster& cluster() {
    static RedisCluster cluster;
    return cluster;
  }
  static WorkloadOptions options(bool loses_nothing, const std::string& call_timeout_ms) {
    return {.url = cluster().url() + "?call_timeout_ms=" + call_timeout_ms, .loses_nothing = loses_nothing};
  }
  void wait_for_takeover() {
    ASSERT_TRUE(becomes_true([&] { return cluster().sees(viewer_, slot_, replica_); })) << "no replica takes over";
  }
  void replicate_all() { replicate(cluster().node(master_).url(), 1); }
  // What is written from now on, no replica gets. (A paused one would still find it in its socket.)
  void cut_off_replica() {
    cluster().node(replica_).freeze();
    EXPECT_EQ(value_of(cluster().client_of(master_).call({"CLIENT", "KILL", "TYPE", "replica"})).as_integer(), 1);
  }
  // The replica that was cut off becomes the master.
  void take_over_with_what_the_replica_has() {
    cluster().node(master_).kill();
    cluster().node(replica_).thaw();
    wait_for_takeover();
    ASSERT_TRUE(cluster().node(master_).start());
    ASSERT_TRUE(becomes_true([] { return cluster().is_healthy(RedisCluster::kNodes - RedisCluster::kMasters); }));
  }

  int64_t slot_ = 0;
  size_t master_ = 0, replica_ = 0, viewer_ = 0;
};

TEST_F(ClusterTakeover, by_hand_loses_nothing_that_any_pattern_was_told_of) {
  Load load(options(true, "20000"));
  load.start();
  load.go_on();
  EXPECT_EQ(value_of(cluster().client_of(replica_).call({"CLUSTER", "FAILOVER"})).text(), "OK");
  wait_for_takeover();
  load.on_takeover();
  load.go_on();
  load.check();
}

TEST_F(ClusterTakeover, of_a_killed_master_keeps_what_was_replicated) {
  Load load(options(false, "20000"));
  load.start();
  load.go_on();
  load.confirm([&] { replicate_all(); });
  load.go_on();
  cluster().node(master_).kill();
  wait_for_takeover();
  load.on_takeover();
  load.go_on();
  EXPECT_TRUE(cluster().node(master_).start());
  load.go_on();
  load.check();
}

TEST_F(ClusterTakeover, of_a_master_that_comes_back_keeps_what_was_replicated) {
  Load load(options(false, "500"));
  load.start();
  load.go_on();
  load.confirm([&] { replicate_all(); });
  load.go_on();
  cluster().node(master_).freeze();
  wait_for_takeover();
  load.on_takeover();
  load.go_on();
  // It finds requests in its sockets, and believes to be the master until it is told.
  cluster().node(master_).thaw();
  load.go_on();
  load.check();
}

// --- A replica that has not heard of the last changes

TEST_F(ClusterTakeover, by_a_replica_that_lags_makes_no_fence_smaller) {
  Client client = open(cluster().url() + "?call_timeout_ms=20000").value();
  const std::string name = kFailoverTag.substr(1, kFailoverTag.size() - 2);
  const auto fence = [&] {
    const auto held = DistributedLock(client, name).acquire(20s);
    return held && *held ? (*held)->fence() : 0;
  };
  EXPECT_GT(fence(), 0u);
  replicate_all();
  cut_off_replica();
  uint64_t last = 0;
  for (int i = 0; i < 5; ++i) {
    const uint64_t next = fence();
    EXPECT_GT(next, last);
    last = next;
  }
  take_over_with_what_the_replica_has();
  EXPECT_GT(fence(), last);
}

TEST_F(ClusterTakeover, by_a_replica_that_lags_makes_no_sequence_smaller) {
  Client client = open(cluster().url() + "?call_timeout_ms=20000").value();
  Cache cache(client, {.prefix = kFailoverTag});
  WriteBehind behind(client, cache, [](const QueuedUpdate&) {}, {.partitions = 1, .threads = 0});
  EXPECT_GT(value_of(behind.update<std::string>("k", "1")), 0u);
  replicate_all();
  cut_off_replica();
  uint64_t last = 0;
  for (int i = 0; i < 5; ++i) last = value_of(behind.update<std::string>("k", "2"));
  take_over_with_what_the_replica_has();
  EXPECT_EQ(value_of(behind.pending("k")), "1");
  EXPECT_GT(value_of(behind.update<std::string>("k", "3")), last);
}

TEST_F(ClusterTakeover, by_a_replica_that_lags_leaves_no_op_in_the_stream) {
  Client client = open(cluster().url() + "?call_timeout_ms=20000").value();
  const std::string key = kFailoverTag + "list";
  StreamBuffer buffer(client, {.stream = kFailoverTag + "stream", .lease = 600s});
  value_of(client.set(key, "no list"));
  value_of(buffer.write({"RPUSH", key, "1"}));
  EXPECT_EQ(value_of(buffer.process()), 0u);  // read, and refused for now
  value_of(client.del(key));
  replicate_all();
  cut_off_replica();
  EXPECT_EQ(value_of(buffer.process()), 1u);
  EXPECT_EQ(value_of(buffer.depth()), 0u);
  take_over_with_what_the_replica_has();
  // Neither its effect nor its end has come there.
  EXPECT_EQ(value_of(buffer.depth()), 1u);
  EXPECT_EQ(value_of(client.llen(key)), 0);
  EXPECT_TRUE(becomes_true([&] {
    value_of(buffer.process());
    return value_of(buffer.depth()) == 0;
  }));
  EXPECT_EQ(value_of(client.lrange(key, 0, -1)), std::vector<std::string>{"1"});
}

// --- Sentinels

class SentinelTakeover : public testing::Test {
 protected:
  void SetUp() override {
    if (path_of(Program::redis).empty()) GTEST_SKIP() << missing_text(Program::redis);
    if (!shared()) shared() = std::make_unique<RedisWithSentinels>();
    master_ = servers().master();
    value_of(open(servers().url()).value().flushall());
  }
  // For all tests, until one leaves it without a server.
  static std::unique_ptr<RedisWithSentinels>& shared() {
    static std::unique_ptr<RedisWithSentinels> servers;
    return servers;
  }
  static RedisWithSentinels& servers() { return *shared(); }
  static WorkloadOptions options() {
    return {.url = servers().url() + "?call_timeout_ms=20000", .loses_nothing = false};
  }
  void wait_for_takeover() {
    ASSERT_TRUE(becomes_true([&] { return servers().master() != master_; })) << "no replica takes over";
  }
  // Whichever of them is promoted.
  void replicate_all() { replicate(servers().server(master_).url(), 2); }

  size_t master_ = 0;
};

TEST_F(SentinelTakeover, by_hand_keeps_what_was_replicated) {
  Load load(options());
  load.start();
  load.go_on();
  load.confirm([&] { replicate_all(); });
  value_of(open(servers().sentinel(0).url()).value().call({"SENTINEL", "FAILOVER", "main"}));
  wait_for_takeover();
  // Until it is told, the old master goes on.
  EXPECT_TRUE(becomes_true([&] {
    return value_of(open(servers().server(master_).url()).value().info("replication")).contains("role:slave");
  }));
  load.on_takeover();
  load.go_on();
  load.check();
  EXPECT_TRUE(becomes_true([] { return servers().is_healthy(RedisWithSentinels::kServers - 1); }));
}

TEST_F(SentinelTakeover, of_a_killed_master_keeps_what_was_replicated) {
  Load load(options());
  load.start();
  load.go_on();
  load.confirm([&] { replicate_all(); });
  load.go_on();
  servers().server(master_).kill();
  wait_for_takeover();
  load.on_takeover();
  load.go_on();
  // Two sentinels may have promoted one replica each, and until the second is the first one's replica, clients of both
  // find a master. What they hear of in the end, they have heard of three seconds later.
  EXPECT_TRUE(becomes_true([] { return servers().is_healthy(RedisWithSentinels::kServers - 2); }));
  std::this_thread::sleep_for(3s);
  load.check();
  load.end();
  shared().reset();
}

}  // namespace
}  // namespace redstart::scenarios
