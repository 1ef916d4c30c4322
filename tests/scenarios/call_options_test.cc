// Clients with options of their own (Client::with): what is called, awaited and sent over them.
#include "redstart/async.h"
#include "tests/scenarios/scenario.h"

namespace redstart::scenarios {
namespace {

using namespace std::chrono_literals;

constexpr auto kLong = 60'000ms;

TEST_P(Scenario, a_timeout_of_a_client_holds_for_all_that_is_called_over_it) {
  Client hasty = client().with({.timeout = 50ms});
  const Strings keys = {"none"};
  EXPECT_EQ(hasty.blpop(keys, kLong).error().code, ErrorCode::timed_out);
  EXPECT_EQ(hasty.command("BLPOP", "none", 60).error().code, ErrorCode::timed_out);
  EXPECT_EQ(hasty.async().blpop(keys, kLong).future().get().error().code, ErrorCode::timed_out);
  EXPECT_EQ(hasty.dedicated().value().blpop(keys, kLong).error().code, ErrorCode::timed_out);
  auto pipeline = hasty.pipeline();
  const auto popped = pipeline.blpop(keys, kLong);
  EXPECT_EQ(pipeline.run().error().code, ErrorCode::timed_out);
  EXPECT_EQ((*popped).error().code, ErrorCode::timed_out);
  const BatchResult outcome = hasty.run_batch({.commands = {{"BLPOP", "none", "60"}}, .options = {}});
  EXPECT_EQ(outcome[0].error().code, ErrorCode::timed_out);
  const std::string_view words[] = {"BLPOP", "none", "60"};
  const BatchSource source{.count = 1, .command = [&](size_t) { return WordSpan(words); }};
  std::promise<BatchResult> told;
  hasty.submit_from(source, [&](BatchResult outcome) { told.set_value(std::move(outcome)); });
  EXPECT_EQ(told.get_future().get()[0].error().code, ErrorCode::timed_out);
}

TEST_P(Scenario, a_calls_own_options_win_over_its_clients) {
  Client hasty = client().with({.timeout = 1ms});
  const std::string_view words[] = {"BLPOP", "none", "0.1"};
  EXPECT_TRUE(value_of(hasty.call(words, {.timeout = 10s})).is_null());
  auto pipeline = hasty.pipeline();
  const auto popped = pipeline.blpop(Strings{"none"}, 100ms);
  value_of(pipeline.run({.timeout = 10s}));
  EXPECT_EQ(value_of(*popped), std::nullopt);
  EXPECT_EQ(value_of(hasty.async().blpop(Strings{"none"}, 100ms).with({.timeout = 10s}).future().get()), std::nullopt);
  // One over another: what it leaves unsaid stays.
  EXPECT_EQ(value_of(hasty.with({.timeout = 10s}).blpop(Strings{"none"}, 100ms)), std::nullopt);
  EXPECT_EQ(hasty.with({.idempotent = true}).blpop(Strings{"none"}, kLong).error().code, ErrorCode::timed_out);
}

TEST_P(Scenario, a_client_with_options_is_the_same_store) {
  Client one = another_client(), two = one.with({.timeout = 10s});
  value_of(two.set("k", "v"));
  EXPECT_EQ(value_of(one.get("k")), "v");
  EXPECT_EQ(value_of(one.blpop(Strings{"none"}, 10ms)), std::nullopt);
  two.close();
  EXPECT_EQ(one.get("k").error().code, ErrorCode::closed);
  { Client short_lived = client().with({.timeout = 10s}); }
  EXPECT_EQ(value_of(client().get("k")), "v");
}

}  // namespace
}  // namespace redstart::scenarios
