// What a user of a master that sentinels guard may rely on when the master dies, stalls or changes.
#include <atomic>

#include "tests/scenarios/stores.h"

namespace redstart::scenarios {
namespace {

using namespace std::chrono_literals;

class SentinelFaults : public testing::Test {
 protected:
  void SetUp() override {
    if (path_of(Program::redis).empty()) GTEST_SKIP() << missing_text(Program::redis);
    servers_ = std::make_unique<RedisWithSentinels>();
  }
  std::unique_ptr<RedisWithSentinels> servers_;
};

TEST_F(SentinelFaults, unknown_services_and_absent_sentinels_are_told) {
  const std::string sentinel = "redis-sentinel://127.0.0.1:" + std::to_string(servers_->sentinel(0).port());
  const auto unknown = open(sentinel + "/nobody");
  ASSERT_FALSE(unknown.has_value());
  EXPECT_EQ(unknown.error().code, ErrorCode::invalid_argument);
  EXPECT_TRUE(unknown.error().message.contains("'nobody'")) << unknown.error().message;
  EXPECT_EQ(open("redis-sentinel://127.0.0.1:1/main").error().code, ErrorCode::connection_refused);
  // One that lives is enough.
  const auto one =
      open("redis-sentinel://127.0.0.1:1,127.0.0.1:" + std::to_string(servers_->sentinel(1).port()) + "/main");
  EXPECT_TRUE(one.has_value());
}

TEST_F(SentinelFaults, a_killed_master_is_followed_by_its_successor) {
  Client client = open_or_fail(servers_->url() + "?call_timeout_ms=20000");
  value_of(client.set("k", "v"));
  const size_t master = servers_->master();
  ASSERT_GE(open_or_fail(servers_->server(master).url()).wait(2, 30s).value(), 2);  // whichever is promoted
  servers_->server(master).kill();
  EXPECT_EQ(value_of(client.get("k")), "v");  // waits for the failover
  EXPECT_TRUE(value_of(client.set("k", "w")));
  EXPECT_NE(servers_->master(), master);
}

TEST_F(SentinelFaults, a_failover_under_load_fails_no_call) {
  Client client = open_or_fail(servers_->url() + "?call_timeout_ms=20000");
  std::atomic<bool> stop{false};
  std::atomic<int64_t> acknowledged{0}, unknown{0}, failed{0};
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&] {
      while (!stop) {
        const auto counted = client.incr("n");
        if (counted) {
          ++acknowledged;
        } else {
          ++(counted.error().outcome == Outcome::unknown ? unknown : failed);
        }
      }
    });
  }
  ASSERT_TRUE(eventually([&] { return acknowledged > 500; }));
  const size_t master = servers_->master();
  Client sentinel = open_or_fail(servers_->sentinel(0).url());
  value_of(sentinel.call({"SENTINEL", "FAILOVER", "main"}));
  ASSERT_TRUE(becomes_true([&] { return servers_->master() != master; }));
  const int64_t before = acknowledged;
  EXPECT_TRUE(becomes_true([&] { return acknowledged > before + 500; }));
  stop = true;
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(failed, 0);
  // Redis gives no more: what the old master has acknowledged last may not have come to its successor.
  EXPECT_LE(std::stoll(*value_of(client.get("n"))), acknowledged + unknown);
}

// Two masters, of which the sentinel names first the one, then the other. The first lives on and takes writes: so does
// one that a partition has cut off.
TEST(ReplacedMaster, gets_no_more_transactions_over_sessions_that_were_kept) {
  if (path_of(Program::redis).empty()) GTEST_SKIP() << missing_text(Program::redis);
  ServerProcess old_master(Program::redis), new_master(Program::redis);
  const std::string old_port = std::to_string(old_master.port()), new_port = std::to_string(new_master.port());
  ServerProcess sentinel(Program::sentinel, {"sentinel monitor main 127.0.0.1 " + old_port + " 1"});
  Client on_old = open_or_fail(old_master.url()), on_new = open_or_fail(new_master.url());
  Client client = open_or_fail("redis-sentinel://127.0.0.1:" + std::to_string(sentinel.port()) + "/main");
  const std::vector<std::string> keys = {"n"};
  const auto increment = [](Client&, Transaction& writes) {
    writes.incr("n");
    return true;
  };
  EXPECT_TRUE(value_of(client.transaction(keys, increment)));
  EXPECT_EQ(value_of(on_old.get("n")), "1");
  Client asked = open_or_fail(sentinel.url());
  value_of(asked.call({"SENTINEL", "REMOVE", "main"}));
  value_of(asked.call({"SENTINEL", "MONITOR", "main", "127.0.0.1", new_port, "1"}));
  // The client asks anew when its writes are refused.
  value_of(on_old.call({"REPLICAOF", "127.0.0.1", new_port}));
  EXPECT_TRUE(becomes_true([&] { return client.set("k", "v").has_value(); }));
  value_of(on_old.call({"REPLICAOF", "NO", "ONE"}));
  value_of(on_old.set("n", "100"));
  const std::string before = value_of(on_new.get("n")).value_or("0");
  EXPECT_TRUE(value_of(client.transaction(keys, increment, 1)));
  EXPECT_EQ(value_of(on_old.get("n")), "100");
  EXPECT_EQ(std::stoi(value_of(on_new.get("n")).value_or("0")), std::stoi(before) + 1);
}

// The old master may live on as a replica, and its connections with it.
TEST_F(SentinelFaults, the_sessions_of_transactions_are_those_of_the_new_master_after_a_failover) {
  Client client = open_or_fail(servers_->url());
  const std::vector<std::string> keys = {"n"};
  const auto increment = [](Client&, Transaction& writes) {
    writes.incr("n");
    return true;
  };
  EXPECT_TRUE(value_of(client.transaction(keys, increment)));
  const size_t master = servers_->master();
  ASSERT_GE(open_or_fail(servers_->server(master).url()).wait(2, 5000ms).value(), 1);
  value_of(open_or_fail(servers_->sentinel(0).url()).call({"SENTINEL", "FAILOVER", "main"}));
  ASSERT_TRUE(becomes_true([&] { return servers_->master() != master; }));
  Client successor = open_or_fail(servers_->server(servers_->master()).url());
  const auto arrived = [&] { return std::stoi(value_of(successor.get("n")).value_or("0")); };
  // What the old master takes before the client has heard of the other is lost, as ever.
  EXPECT_TRUE(becomes_true([&] { return client.transaction(keys, increment).has_value() && arrived() > 1; }));
  const int before = arrived();
  EXPECT_TRUE(value_of(client.transaction(keys, increment, 1)));
  EXPECT_EQ(arrived(), before + 1);
}

TEST_F(SentinelFaults, replicas_answer_reads_where_that_is_chosen) {
  Client reader = open_or_fail(servers_->url() + "?read_from=replica");
  value_of(reader.set("k", "v"));
  ASSERT_EQ(open_or_fail(servers_->server(servers_->master()).url()).wait(2, 30s).value(), 2);
  const auto gets = [&] {
    const std::string stats = open_or_fail(servers_->server(servers_->master()).url()).info("commandstats").value();
    const size_t at = stats.find("cmdstat_get:calls=");
    return at == std::string::npos ? 0 : std::stoi(stats.substr(at + 18));
  };
  const int before = gets();
  for (int i = 0; i < 20; ++i) EXPECT_EQ(value_of(reader.get("k")), "v");
  EXPECT_EQ(gets(), before);
}

}  // namespace
}  // namespace redstart::scenarios
