// Commands of the server over every store: the slow log, latencies, configuration, waiting for replicas.
#include <algorithm>

#include "tests/scenarios/stores.h"

namespace redstart::scenarios {
namespace {

using namespace std::chrono_literals;

class ServerScenarios : public StoreTest {
 protected:
  void TearDown() override {
    if (!client_) return;
    for (const auto& [name, value] : {std::pair("slowlog-log-slower-than", "10000"),
                                      std::pair("slowlog-max-len", "128"),
                                      std::pair("latency-monitor-threshold", "0")}) {
      value_of(client_->config_set(name, value));
    }
  }
};

TEST_P(ServerScenarios, refuses_what_has_no_file_no_log_and_no_database) {
  EXPECT_FALSE(client().config_rewrite());
  EXPECT_FALSE(client().swapdb(0, 16));
  EXPECT_EQ(client().waitaof(1, 0, 1ms).has_value(), GetParam() == StoreKind::file);  // which has a log
  EXPECT_TRUE(value_of(client().latency_history("nothing")).empty());
}

TEST_P(ServerScenarios, shows_slow_commands_with_long_words_cut) {
  value_of(client().config_set("slowlog-log-slower-than", "0"));
  value_of(client().slowlog_reset());
  value_of(client().set("key", std::string(200, 'x')));
  const auto entries = value_of(client().slowlog_get(10));
  const auto wrote = std::ranges::find_if(entries, [](const SlowCommand& entry) {
    return !entry.words.empty() && entry.words[0] == "SET";
  });
  ASSERT_NE(wrote, entries.end());
  EXPECT_EQ(wrote->words[2], std::string(128, 'x') + "... (72 more bytes)");
  EXPECT_GT(value_of(client().slowlog_len()), 0);
  EXPECT_GT(wrote->unix_time_s, 1'500'000'000);
}

TEST_P(ServerScenarios, keeps_no_more_slow_commands_than_it_may) {
  // Which every node gets.
  for (int i = 0; i < 10; ++i) value_of(client().config_set("slowlog-log-slower-than", "0"));
  value_of(client().config_set("slowlog-max-len", "3"));
  EXPECT_EQ(value_of(client().slowlog_len()), is_cluster() ? 6 * 3 : 3);  // of all nodes
}

TEST_P(ServerScenarios, keeps_latencies_only_above_the_threshold) {
  value_of(client().config_set("latency-monitor-threshold", "100000000"));
  value_of(client().latency_reset());
  value_of(client().ping());
  EXPECT_TRUE(value_of(client().latency_latest()).empty());
  EXPECT_EQ(value_of(client().latency_reset()), 0);
}

TEST_P(ServerScenarios, finds_no_replicas_to_wait_for) {
  if (has_replicas()) GTEST_SKIP() << "there are replicas";
  EXPECT_EQ(value_of(client().wait(0, 0ms)), 0);
  EXPECT_EQ(value_of(client().wait(1, 1ms)), 0);
  if (program() != Program::redstart) return;
  EXPECT_EQ(value_of(client().waitaof(0, 1, 1ms)).replicas, 0);
}

TEST_P(ServerScenarios, counts_anew_after_a_reset) {
  value_of(client().get("nothing"));
  value_of(client().config_resetstat());
  EXPECT_NE(value_of(client().info("stats")).find("keyspace_misses:0\r\n"), std::string::npos);
}

INSTANTIATE_TEST_SUITE_P(Stores, ServerScenarios, kAllStores, name_of);

}  // namespace
}  // namespace redstart::scenarios
