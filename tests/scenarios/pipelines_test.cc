// Pipelines, transactions and submitted batches, over every store.
#include <condition_variable>
#include <mutex>
#include <thread>

#include "tests/scenarios/scenario.h"

namespace redstart::scenarios {
namespace {

using namespace std::chrono_literals;

TEST_P(Scenario, a_pipeline_has_an_outcome_for_every_command) {
  auto pipeline = client().pipeline();
  const auto set = pipeline.set("a", "x");
  const auto wrong = pipeline.lpush("a", "y");
  const auto got = pipeline.get("a");
  const auto raw = pipeline.command("STRLEN", "a");
  EXPECT_FALSE(got.ready());
  value_of(pipeline.run());
  EXPECT_TRUE(**set);
  EXPECT_EQ((*wrong).error().code, ErrorCode::wrong_type);
  EXPECT_EQ(**got, "x");
  EXPECT_EQ((*raw)->as_integer(), 1);
  EXPECT_EQ(pipeline.size(), 0u);
}

TEST_P(Scenario, a_pipeline_may_be_long) {
  auto pipeline = client().pipeline();
  std::vector<Pending<int64_t>> counts;
  for (int i = 0; i < 20'000; ++i) counts.push_back(pipeline.incr("n"));
  value_of(pipeline.run());
  for (int i = 0; i < 20'000; ++i) ASSERT_EQ(*counts[static_cast<size_t>(i)].get(), i + 1);
}

TEST_P(Scenario, a_pipeline_refuses_only_its_session_commands) {
  auto pipeline = client().pipeline();
  const auto first = pipeline.incr("n");
  const auto refused = pipeline.command("SELECT", "1");
  const auto second = pipeline.incr("n");
  EXPECT_FALSE(pipeline.run().has_value());
  EXPECT_EQ(**first, 1);
  EXPECT_EQ((*refused).error().code, ErrorCode::invalid_argument);
  EXPECT_EQ(**second, 2);
}

TEST_P(Scenario, a_transaction_runs_as_one) {
  auto transaction = client().transaction();
  const auto set = transaction.set("a", "1");
  const auto wrong = transaction.lpush("a", "x");
  const auto sum = transaction.incrby("a", 4);
  value_of(static_cast<Pipeline&>(transaction).run());
  EXPECT_TRUE(**set);
  EXPECT_EQ((*wrong).error().code, ErrorCode::wrong_type);
  EXPECT_EQ(**sum, 5);
}

TEST_P(Scenario, a_transaction_with_a_bad_command_does_nothing) {
  auto transaction = client().transaction();
  const auto set = transaction.set("a", "1");
  transaction.command("NOSUCH");
  const auto ran = static_cast<Pipeline&>(transaction).run();
  ASSERT_FALSE(ran.has_value());
  EXPECT_EQ(ran.error().code, ErrorCode::transaction_aborted);
  EXPECT_FALSE((*set).has_value());
  EXPECT_FALSE(value_of(client().exists("a")));
}

TEST_P(Scenario, a_transaction_is_tried_again_when_a_watched_key_changed) {
  value_of(client().set("balance", "10"));
  int attempts = 0;
  const Strings keys = {"balance"};
  const auto ran = client().transaction(keys, [&](Client& reader, Transaction& transaction) {
    const int64_t balance = std::stoll(*value_of(reader.get("balance")));
    // Somebody else gets in between, twice.
    if (++attempts <= 2) value_of(client().incr("balance"));
    transaction.set("balance", std::to_string(balance * 2));
    return true;
  });
  EXPECT_TRUE(value_of(ran));
  EXPECT_EQ(attempts, 3);
  EXPECT_EQ(value_of(client().get("balance")), "24");
}

TEST_P(Scenario, a_transaction_gives_up_when_told_to_or_tired) {
  const Strings keys = {"k"};
  EXPECT_FALSE(value_of(client().transaction(keys, [](Client&, Transaction& transaction) {
    transaction.set("k", "v");
    return false;
  })));
  const auto tired = client().transaction(
      keys,
      [&](Client&, Transaction& transaction) {
        value_of(client().incr("k"));
        transaction.set("k", "v");
        return true;
      },
      3);
  EXPECT_EQ(tired.error().code, ErrorCode::transaction_aborted);
  EXPECT_EQ(value_of(client().get("k")), "3");
}

TEST_P(Scenario, concurrent_transactions_lose_no_update) {
  constexpr int kThreads = 4, kRounds = 25;
  value_of(client().set("n", "0"));
  std::vector<std::thread> threads;
  for (int t = 0; t < kThreads; ++t) {
    threads.emplace_back([&] {
      const Strings keys = {"n"};
      for (int i = 0; i < kRounds; ++i) {
        value_of(client().transaction(
            keys,
            [](Client& reader, Transaction& transaction) {
              const int64_t n = std::stoll(*value_of(reader.get("n")));
              transaction.set("n", std::to_string(n + 1));
              return true;
            },
            10'000));
      }
    });
  }
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(value_of(client().get("n")), std::to_string(kThreads * kRounds));
}

TEST_P(Scenario, a_hundred_and_ten_thousand_elements_at_once_are_written_and_answered_in_order) {
  for (const int64_t count : {100, 10'000}) {
    value_of(client().flushall());
    StringPairs pairs;
    Strings names;
    std::vector<ScoredMember> scored;
    for (int64_t i = 0; i < count; ++i) {
      names.push_back("{all}" + std::to_string(i));
      pairs.emplace_back(names.back(), std::to_string(i));
      scored.push_back({names.back(), static_cast<double>(i)});
    }
    Pipeline increments = client().pipeline();
    std::vector<Pending<int64_t>> counts;
    for (int64_t i = 0; i < count; ++i) counts.push_back(increments.incr("n"));
    value_of(increments.run());
    for (int64_t i = 0; i < count; ++i) ASSERT_EQ(value_of(counts[static_cast<size_t>(i)].get()), i + 1);
    value_of(client().mset(pairs));
    EXPECT_EQ(value_of(client().mget(names)).back(), std::to_string(count - 1));
    EXPECT_EQ(value_of(client().hset_all("hash", pairs)), count);
    EXPECT_EQ(value_of(client().zadd_all("zset", scored)), count);
    EXPECT_EQ(value_of(client().sadd_all("set", names)), count);
    EXPECT_EQ(value_of(client().lpush_all("list", names)), count);
    EXPECT_EQ(value_of(client().lindex("list", 0)), names.back());
    Pipeline entries = client().pipeline();
    std::vector<Pending<std::string>> ids;
    for (int64_t i = 0; i < count; ++i) ids.push_back(entries.xadd("stream", {{"f", std::to_string(i)}}));
    value_of(entries.run());
    const auto first = value_of(client().xrange("stream", "-", "+", 1));
    ASSERT_EQ(first.size(), 1u);
    EXPECT_EQ(first[0].id, value_of(ids.front().get()));
    EXPECT_EQ(value_of(client().xlen("stream")), count);
    EXPECT_EQ(value_of(client().del_all(names)), count);
  }
}

TEST_P(Scenario, submitted_batches_are_done_in_order) {
  std::mutex mutex;
  std::condition_variable finished;
  std::vector<int64_t> counts;
  for (int i = 0; i < 100; ++i) {
    Batch batch;
    batch.commands = {{"INCR", "n"}};
    client().submit(std::move(batch), [&](BatchResult outcome) {
      const std::lock_guard lock(mutex);
      counts.push_back(outcome.at(0) ? outcome[0]->as_integer() : -1);
      finished.notify_one();
    });
  }
  std::unique_lock lock(mutex);
  ASSERT_TRUE(finished.wait_for(lock, 5s, [&] { return counts.size() == 100; }));
  for (int i = 0; i < 100; ++i) EXPECT_EQ(counts[static_cast<size_t>(i)], i + 1);
}

}  // namespace
}  // namespace redstart::scenarios
