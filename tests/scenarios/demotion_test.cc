// What clients of sentinels and clusters do when a server is a master no more and lives on, with their connections:
// nothing on them fails that only reads or listens.
#include <atomic>
#include <future>
#include <mutex>

#include "redstart/client_cache.h"
#include "redstart/patterns/cache.h"
#include "redstart/subscriber.h"
#include "tests/scenarios/stores.h"

namespace redstart::scenarios {
namespace {

using namespace std::chrono_literals;

std::string text_of(const result<std::optional<std::string>>& value) {
  return value ? value->value_or("nothing") : value.error().message;
}

// How the old master ends: as a replica that hears of nothing any more, or cut off from its sentinels and a master for
// itself. Clients reach it in either case.
enum class End : unsigned char { replica, cut_off };

class LeftMaster : public testing::TestWithParam<End> {
 protected:
  void SetUp() override {
    if (path_of(Program::redis).empty()) GTEST_SKIP() << missing_text(Program::redis);
    old_master_ = std::make_unique<ServerProcess>(Program::redis);
    new_master_ = std::make_unique<ServerProcess>(Program::redis);
    sentinel_ = std::make_unique<ServerProcess>(Program::sentinel, std::vector<std::string>{monitor(*old_master_)});
  }
  static std::string monitor(const ServerProcess& master) {
    return "sentinel monitor main 127.0.0.1 " + std::to_string(master.port()) + " 1";
  }
  std::string url() const { return "redis-sentinel://127.0.0.1:" + std::to_string(sentinel_->port()) + "/main"; }
  Client on_old() const { return open_or_fail(old_master_->url()); }
  Client on_new() const { return open_or_fail(new_master_->url()); }
  void demote() {
    if (GetParam() == End::replica) value_of(on_old().call({"REPLICAOF", "127.0.0.1", "1"}));
    name_master(*new_master_);
  }
  void promote_old() {
    value_of(on_old().call({"REPLICAOF", "NO", "ONE"}));
    name_master(*old_master_);
  }
  // What the sentinel says from now on.
  void name_master(const ServerProcess& master) {
    Client sentinel = open_or_fail(sentinel_->url());
    value_of(sentinel.call({"SENTINEL", "REMOVE", "main"}));
    value_of(sentinel.call({"SENTINEL", "MONITOR", "main", "127.0.0.1", std::to_string(master.port()), "1"}));
  }

  std::unique_ptr<ServerProcess> old_master_, new_master_, sentinel_;
};

INSTANTIATE_TEST_SUITE_P(, LeftMaster, testing::Values(End::replica, End::cut_off),
                         [](const auto& one) { return one.param == End::replica ? "replica" : "cut_off"; });

TEST_P(LeftMaster, answers_reads_no_longer) {
  Client client = open_or_fail(url());
  value_of(client.set("k", "old"));
  value_of(on_new().set("k", "new"));
  demote();
  EXPECT_TRUE(becomes_true([&] { return text_of(client.get("k")) == "new"; })) << text_of(client.get("k"));
}

TEST_P(LeftMaster, keeps_no_blocked_caller) {
  Client client = open_or_fail(url());
  auto popped = std::async([&] { return client.call({"BLPOP", "queue", "0"}); });
  ASSERT_TRUE(becomes_true([&] { return on_old().info("clients").value().contains("blocked_clients:1"); }));
  demote();
  const bool is_told = popped.wait_for(30s) == std::future_status::ready;
  if (!is_told) client.close();
  ASSERT_TRUE(is_told);
  EXPECT_FALSE(popped.get().has_value());
  value_of(on_new().rpush("queue", "one"));
  EXPECT_TRUE(becomes_true([&] { return client.call({"BLPOP", "queue", "1"}).has_value(); }));
}

TEST_P(LeftMaster, ends_the_sessions_which_say_so) {
  Client client = open_or_fail(url());
  Client session = client.dedicated().value();
  std::promise<std::string> lost;
  session.on_push([&](const Reply& push) {
    if (push[0].text() == "connection_lost") lost.set_value(push[1].text());
  });
  demote();
  auto reason = lost.get_future();
  ASSERT_EQ(reason.wait_for(30s), std::future_status::ready);
  EXPECT_TRUE(reason.get().contains("master"));
  EXPECT_EQ(session.call({"PING"}).error().code, ErrorCode::connection_lost);
  session.on_push({});
  EXPECT_TRUE(becomes_true([&] {
    auto next = client.dedicated();
    return next && next->set("session", "1").has_value();
  }));
  EXPECT_EQ(text_of(on_new().get("session")), "1");
}

TEST_P(LeftMaster, leaves_no_subscriber_deaf) {
  std::atomic<int> gaps{0}, messages{0};
  auto subscriber = Subscriber::open(open_or_fail(url()), {.on_gap = [&](std::string_view) { ++gaps; }});
  ASSERT_TRUE(subscriber.has_value());
  value_of(subscriber->subscribe("news", [&](const Message&) { ++messages; }));
  demote();
  Client publisher = on_new();
  EXPECT_TRUE(becomes_true([&] { return publisher.publish("news", "hello").value_or(0) > 0 && messages > 0; }));
  EXPECT_EQ(gaps, 1);
}

TEST_P(LeftMaster, leaves_no_local_level_stale) {
  for (const Coherence coherence : {Coherence::publish, Coherence::tracking}) {
    const std::string prefix = coherence == Coherence::publish ? "published" : "tracked";
    Cache cache(open_or_fail(url()), {.prefix = prefix,
                                      .local = {.entries_max = 100, .ttl_max = 1h, .coherence = coherence}});
    std::atomic<int> version{1};
    const auto read = [&] {
      return value_of(cache.get_or_load<int>(cache.key("row"), [&] { return version.load(); })).value_or(-1);
    };
    ASSERT_TRUE(cache.wait_for_local_level(30s));
    EXPECT_TRUE(becomes_true([&] { return read() == 1 && cache.stats().local_hits > 0; }));
    demote();
    // Another process, which has found the successor.
    Cache writer(on_new(), {.prefix = prefix, .local = {.entries_max = 1, .coherence = coherence}});
    version = 2;
    value_of(writer.put<int>(cache.key("row"), 2));
    EXPECT_TRUE(becomes_true([&] { return read() == 2; })) << prefix;
    // It is in use again, and hears of what changes.
    ASSERT_TRUE(cache.wait_for_local_level(30s));
    const uint64_t before = cache.stats().local_hits;
    EXPECT_TRUE(becomes_true([&] { return read() == 2 && cache.stats().local_hits > before; }));
    version = 3;
    value_of(writer.put<int>(cache.key("row"), 3));
    EXPECT_TRUE(becomes_true([&] { return read() == 3; })) << prefix;
    promote_old();  // for the next
  }
}

TEST_P(LeftMaster, vouches_for_no_client_cache) {
  auto cache = ClientCache::open(open_or_fail(url()));
  ASSERT_TRUE(cache.has_value());
  value_of(on_old().set("k", "old"));
  value_of(on_new().set("k", "new"));
  EXPECT_TRUE(becomes_true([&] { return text_of(cache->get("k")) == "old" && cache->stats().hits > 0; }));
  demote();
  EXPECT_TRUE(becomes_true([&] { return text_of(cache->get("k")) == "new"; })) << text_of(cache->get("k"));
  EXPECT_TRUE(becomes_true([&] { return cache->is_vouched_for(); }));
  value_of(on_new().set("k", "newer"));
  EXPECT_TRUE(becomes_true([&] { return text_of(cache->get("k")) == "newer"; })) << text_of(cache->get("k"));
}

using ReplicaWithoutSentinels = LeftMaster;
INSTANTIATE_TEST_SUITE_P(, ReplicaWithoutSentinels, testing::Values(End::replica),
                         [](const auto&) { return "replica"; });

// Nobody can say who the master is; this one is not.
TEST_P(ReplicaWithoutSentinels, is_taken_for_no_master) {
  Client client = open_or_fail(url());
  auto cache = ClientCache::open(client);
  ASSERT_TRUE(cache.has_value());
  value_of(on_old().set("k", "old"));
  EXPECT_TRUE(becomes_true([&] { return text_of(cache->get("k")) == "old" && cache->stats().hits > 0; }));
  sentinel_->kill();
  value_of(on_old().call({"REPLICAOF", "127.0.0.1", "1"}));
  EXPECT_TRUE(becomes_true([&] { return !cache->is_vouched_for(); }));
  const auto session = client.dedicated();
  ASSERT_FALSE(session.has_value());
  EXPECT_TRUE(session.error().message.contains("replica")) << session.error().message;
  const std::string_view read[] = {"GET", "k"};
  EXPECT_FALSE(client.call(read, {.timeout = 1000ms}).has_value());
  // What it takes for its own again, it is given back.
  value_of(on_old().call({"REPLICAOF", "NO", "ONE"}));
  EXPECT_TRUE(becomes_true([&] { return text_of(cache->get("k")) == "old" && cache->is_vouched_for(); }));
}

// One sentinel was cut off while the others replaced the master.
TEST(LateSentinel, is_believed_no_more_once_a_newer_one_has_answered) {
  if (path_of(Program::redis).empty()) GTEST_SKIP() << missing_text(Program::redis);
  ServerProcess old_master(Program::redis), new_master(Program::redis);
  const auto sentinel_of = [](const ServerProcess& master, const std::string& epoch) {
    return std::vector<std::string>{"sentinel monitor main 127.0.0.1 " + std::to_string(master.port()) + " 1",
                                    "sentinel config-epoch main " + epoch};
  };
  ServerProcess late(Program::sentinel, sentinel_of(old_master, "1"));
  ServerProcess newer(Program::sentinel, sentinel_of(new_master, "2"));
  Client client = open_or_fail("redis-sentinel://127.0.0.1:" + std::to_string(late.port()) +
                               ",127.0.0.1:" + std::to_string(newer.port()) + "/main");
  Client on_new = open_or_fail(new_master.url()), on_old = open_or_fail(old_master.url());
  EXPECT_TRUE(becomes_true([&] {
    value_of(client.set("k", "v"));
    return value_of(on_new.exists("k"));
  }));
  value_of(on_old.flushall());
  const auto end = std::chrono::steady_clock::now() + 5s;
  while (std::chrono::steady_clock::now() < end) {
    value_of(client.set("k", "v"));
    std::this_thread::sleep_for(10ms);
  }
  EXPECT_FALSE(value_of(on_old.exists("k")));
  // Alone it is not believed either, as long as the master says that it is one.
  newer.kill();
  for (int i = 0; i < 300; ++i) {
    value_of(client.set("k", "v"));
    std::this_thread::sleep_for(10ms);
  }
  EXPECT_FALSE(value_of(on_old.exists("k")));
  new_master.kill();
  EXPECT_TRUE(becomes_true([&] { return client.set("k", "v").has_value(); }));
  EXPECT_TRUE(value_of(on_old.exists("k")));
}

// --- A cluster

// A master becomes a replica that cannot follow its successor, so that nobody tells it of changes.
class DemotedInCluster : public testing::Test {
 protected:
  void SetUp() override {
    if (path_of(Program::redis).empty()) GTEST_SKIP() << missing_text(Program::redis);
    cluster_ = std::make_unique<RedisCluster>();
    slot_ = value_of(cluster_->client_of(0).cluster_keyslot(kKey));
    old_ = cluster_->owner_of(slot_, 0);
    new_ = (old_ + RedisCluster::kMasters) % RedisCluster::kNodes;
  }
  void demote() {
    Client old_master = cluster_->client_of(old_);
    value_of(old_master.call({"CONFIG", "SET", "masteruser", "nobody", "masterauth", "nothing"}));
    value_of(cluster_->client_of(new_).call({"CLUSTER", "FAILOVER"}));
    ASSERT_TRUE(becomes_true([&] { return old_master.info("replication").value().contains("role:slave"); }));
    const size_t viewer = (old_ + 1) % RedisCluster::kMasters;
    ASSERT_TRUE(becomes_true([&] { return cluster_->sees(viewer, slot_, new_); }));
  }
  void write(const std::string& value) { value_of(cluster_->client_of(new_).set(kKey, value)); }
  static const inline std::string kKey = "k";

  std::unique_ptr<RedisCluster> cluster_;
  int64_t slot_ = 0;
  size_t old_ = 0, new_ = 0;
};

TEST_F(DemotedInCluster, a_master_vouches_for_no_client_cache) {
  for (const bool broadcasts : {false, true}) {
    auto cache = ClientCache::open(open_or_fail(cluster_->url()), {.broadcasts = broadcasts});
    ASSERT_TRUE(cache.has_value());
    value_of(open_or_fail(cluster_->url()).set(kKey, "old"));
    EXPECT_TRUE(becomes_true([&] { return text_of(cache->get(kKey)) == "old" && cache->stats().hits > 0; }));
    demote();
    write("new");
    EXPECT_TRUE(becomes_true([&] { return text_of(cache->get(kKey)) == "new"; })) << "broadcasts: " << broadcasts;
    EXPECT_TRUE(becomes_true([&] { return cache->is_vouched_for(); }));
    write("newer");
    EXPECT_TRUE(becomes_true([&] { return text_of(cache->get(kKey)) == "newer"; })) << "broadcasts: " << broadcasts;
    SetUp();
  }
}

// Messages come over the cluster's own bus, to whichever node.
TEST_F(DemotedInCluster, a_master_leaves_no_local_level_stale) {
  std::vector<std::unique_ptr<Cache>> readers;  // whose sessions are with different nodes
  for (int i = 0; i < 8; ++i) {
    const CacheOptions options{.local = {.entries_max = 100, .ttl_max = 1h, .heartbeat = 200ms}};
    readers.push_back(std::make_unique<Cache>(open_or_fail(cluster_->url()), options));
    ASSERT_TRUE(readers.back()->wait_for_local_level(30s));
  }
  std::atomic<int> version{1};
  const auto read = [&](Cache& reader) {
    return value_of(reader.get_or_load<int>(reader.key("row"), [&] { return version.load(); })).value_or(-1);
  };
  const auto all_read = [&](int wanted) {
    return std::ranges::all_of(readers, [&](const auto& reader) { return read(*reader) == wanted; });
  };
  EXPECT_TRUE(all_read(1));
  demote();
  Cache writer(open_or_fail(cluster_->url()), {.local = {.entries_max = 1}});
  for (version = 2; version < 20; ++version) {
    value_of(writer.put<int>(writer.key("row"), version.load()));
    EXPECT_TRUE(becomes_true([&] { return all_read(version); })) << version;
  }
}

// It does not know yet that it is replaced, and answers on; but it knows that the cluster does not work for it.
TEST_F(DemotedInCluster, a_master_that_is_cut_off_vouches_for_no_client_cache) {
  value_of(open_or_fail(cluster_->url()).set(kKey, "old"));
  std::vector<ClientCache> caches;
  const auto all_vouch = [&] {
    return std::ranges::all_of(
        caches, [](ClientCache& one) { return text_of(one.get(kKey)) == "old" && one.is_vouched_for(); });
  };
  // Some have a connection to this node only.
  while (caches.size() < 12) {
    auto cache = ClientCache::open(open_or_fail(cluster_->url()));
    ASSERT_TRUE(cache.has_value());
    caches.push_back(std::move(*cache));
  }
  EXPECT_TRUE(becomes_true(all_vouch));
  // The others stand still, so that it hears of nobody.
  for (size_t i = 0; i < RedisCluster::kNodes; ++i) {
    if (i != old_) cluster_->node(i).freeze();
  }
  EXPECT_TRUE(becomes_true([&] { return std::ranges::none_of(caches, &ClientCache::is_vouched_for); }));
  for (size_t i = 0; i < RedisCluster::kNodes; ++i) {
    if (i != old_) cluster_->node(i).thaw();
  }
  EXPECT_TRUE(becomes_true(all_vouch));
}

}  // namespace
}  // namespace redstart::scenarios
