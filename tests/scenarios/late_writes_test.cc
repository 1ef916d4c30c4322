// Writes that a silent connection still holds when they have been repeated over another, and newer ones are done: over
// a cluster and a master that a sentinel names (see decisions/033). BufferFaults and Faults ask it of single servers.
#include <future>

#include "redstart/patterns/write_buffer.h"
#include "tests/scenarios/fault_proxy.h"
#include "tests/scenarios/reported.h"
#include "tests/scenarios/stores.h"

namespace redstart::scenarios {
namespace {

using namespace std::chrono_literals;

// A redis-server behind a proxy, by whose address the others know it.
class LateWrites : public testing::TestWithParam<StoreKind> {
 protected:
  void SetUp() override {
    if (path_of(Program::redis).empty()) GTEST_SKIP() << missing_text(Program::redis);
    if (GetParam() == StoreKind::redis_cluster) {
      start_cluster();
    } else {
      start_sentinel();
    }
    auto opened = open(url_ + "?call_timeout_ms=200");
    ASSERT_TRUE(opened.has_value()) << opened.error().message;
    client_.emplace(*opened);
    value_of(client_->set("k", "0"));
    ASSERT_GT(proxy_->accepted(), 0);
  }

  void start_cluster() {
    server_.emplace(Program::redis, std::vector<std::string>{"--cluster-enabled", "yes"});
    proxy_.emplace(server_->port());
    direct_.emplace(open(server_->url()).value());
    const std::string port = std::to_string(proxy_->port());
    value_of(direct_->call({"CONFIG", "SET", "cluster-announce-port", port}));
    value_of(direct_->call({"CLUSTER", "ADDSLOTSRANGE", "0", "16383"}));
    ASSERT_TRUE(becomes_true([&] {
      return value_of(direct_->call({"CLUSTER", "INFO"})).text().contains("cluster_state:ok") &&
             to_string(value_of(direct_->call({"CLUSTER", "SLOTS"}))).contains(port);
    }));
    url_ = "redis-cluster://127.0.0.1:" + port;
  }

  void start_sentinel() {
    server_.emplace(Program::redis);
    proxy_.emplace(server_->port());
    direct_.emplace(open(server_->url()).value());
    const std::string address = "127.0.0.1 " + std::to_string(proxy_->port());
    sentinel_.emplace(Program::sentinel,
                      std::vector<std::string>{"sentinel monitor main " + address + " 1",
                                               "sentinel down-after-milliseconds main 60000"});
    url_ = "redis-sentinel://127.0.0.1:" + std::to_string(sentinel_->port()) + "/main";
  }

  std::optional<ServerProcess> server_, sentinel_;
  std::optional<FaultProxy> proxy_;
  std::optional<Client> direct_, client_;
  std::string url_;
};
INSTANTIATE_TEST_SUITE_P(Stores, LateWrites, testing::Values(StoreKind::redis_cluster, StoreKind::redis_sentinel),
                         name_of);

// One call gives the connection up; the other, which may be done twice, is sent again over the next.
TEST_P(LateWrites, are_not_executed_behind_their_repetition) {
  proxy_->hold("late");
  std::promise<BatchResult> first, second;
  CallOptions options{.timeout = 200ms, .idempotent = true};
  const auto submit = [&](std::vector<std::string> words, std::promise<BatchResult>& told) {
    client_->submit({.commands = {std::move(words)}, .options = options},
                    [&](BatchResult outcome) { told.set_value(std::move(outcome)); });
  };
  submit({"SET", "k", "late"}, first);
  ASSERT_TRUE(eventually([&] { return proxy_->held() == 1; }));
  options.timeout = 10s;
  submit({"SET", "n", "1"}, second);
  EXPECT_EQ(first.get_future().get()[0].error().outcome, Outcome::unknown);
  EXPECT_TRUE(second.get_future().get()[0].has_value());
  ASSERT_EQ(proxy_->held(), 1);
  value_of(client_->set("k", "new"));
  proxy_->deliver();
  EXPECT_EQ(value_of(direct_->get("k")), "new");
  EXPECT_EQ(value_of(direct_->get("n")), "1");
}

TEST_P(LateWrites, do_not_replace_what_a_writer_has_written_since) {
  Reported reported;
  WriteBuffer buffer(*client_, {.retry = {.attempts_max = 10'000, .delay_min = 5ms, .delay_max = 50ms},
                                .on_unwritten = reported.function()});
  buffer.start();
  for (int round = 1; round <= 3; ++round) {
    proxy_->hold("late");
    value_of(buffer.write("SET", "k", "late"));
    ASSERT_TRUE(buffer.flush(10s));
    ASSERT_EQ(proxy_->held(), 1);
    EXPECT_EQ(value_of(direct_->get("k")), "late");  // by the repetition
    value_of(buffer.write("SET", "k", "new"));
    ASSERT_TRUE(buffer.flush(10s));
    proxy_->deliver();
    EXPECT_EQ(value_of(direct_->get("k")), "new");
  }
  EXPECT_EQ(reported.size(), 0u);
  EXPECT_GE(buffer.stats().repeated, 3u);
}

// What must not be done twice is not repeated; whether it was executed before it was told of is all that is open.
TEST_P(LateWrites, that_may_be_done_once_only_are_unknown) {
  proxy_->hold("late");
  const std::string_view words[] = {"RPUSH", "l", "late"};
  const auto pushed = client_->call(words, {.timeout = 200ms});
  ASSERT_FALSE(pushed.has_value());
  EXPECT_EQ(pushed.error().outcome, Outcome::unknown);
  ASSERT_EQ(proxy_->held(), 1);
  EXPECT_TRUE(eventually([&] { return client_->rpush("l", "new").has_value(); }));
  proxy_->deliver();
  EXPECT_EQ(value_of(direct_->lrange("l", 0, -1)), std::vector<std::string>{"new"});
}

}  // namespace
}  // namespace redstart::scenarios
