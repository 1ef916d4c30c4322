// Clients that many threads share, over every store.
#include <atomic>
#include <thread>

#include "tests/scenarios/scenario.h"

namespace redstart::scenarios {
namespace {

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

}  // namespace
}  // namespace redstart::scenarios
