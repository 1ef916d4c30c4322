// Commands that wait for others, over every store.
#include <atomic>
#include <thread>

#include "tests/scenarios/scenario.h"

namespace redstart::scenarios {
namespace {

using namespace std::chrono_literals;

TEST_P(Scenario, a_blocking_pop_waits_for_another_thread) {
  std::thread pusher([&] {
    std::this_thread::sleep_for(50ms);
    value_of(client().rpush("queue", "job"));
  });
  const auto popped = value_of(client().blpop(Strings{"{queue}other", "queue"}, 5s));
  pusher.join();
  ASSERT_TRUE(popped.has_value());
  EXPECT_EQ(*popped, (KeyedElement{"queue", "job"}));
}

TEST_P(Scenario, a_blocking_pop_ends_with_nothing_in_time) {
  const auto start = std::chrono::steady_clock::now();
  EXPECT_EQ(value_of(client().blpop(Strings{"queue"}, 100ms)), std::nullopt);
  EXPECT_GE(std::chrono::steady_clock::now() - start, 90ms);
}

TEST_P(Scenario, a_blocking_pop_ends_with_the_calls_timeout) {
  const std::string_view words[] = {"BLPOP", "queue", "0"};
  const auto popped = client().call(words, {.timeout = 100ms});
  ASSERT_FALSE(popped.has_value());
  EXPECT_EQ(popped.error().code, ErrorCode::timed_out);
  // It does not take what comes later.
  std::this_thread::sleep_for(50ms);
  value_of(client().rpush("queue", "job"));
  EXPECT_EQ(value_of(client().llen("queue")), 1);
}

TEST_P(Scenario, blocked_callers_do_not_hold_up_others) {
  constexpr int kWaiting = 8;
  std::vector<std::thread> threads;
  std::atomic<int> popped{0};
  for (int i = 0; i < kWaiting; ++i) {
    threads.emplace_back([&] {
      if (value_of(client().blpop(Strings{"queue"}, 10s))) ++popped;
    });
  }
  for (int i = 0; i < 100; ++i) value_of(client().incr("n"));
  EXPECT_EQ(popped, 0);
  for (int i = 0; i < kWaiting; ++i) value_of(client().rpush("queue", "job"));
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(popped, kWaiting);
}

TEST_P(Scenario, a_blocking_read_of_a_stream_waits_for_another_thread) {
  const std::string before = value_of(client().xadd("s", {{"f", "old"}}));
  std::atomic<bool> started{false};
  std::vector<StreamBatch> read;
  std::thread reader([&] {
    started = true;
    read = value_of(client().xread(StringPairs{{"s", before}}, {.block = 20s}));
  });
  while (!started) std::this_thread::yield();
  value_of(another_client().xadd("s", StringPairs{{"f", "new"}}, {}));
  reader.join();
  ASSERT_EQ(read.size(), 1u);
  EXPECT_EQ(read[0].entries.at(0).fields, (StringPairs{{"f", "new"}}));
}

}  // namespace
}  // namespace redstart::scenarios
