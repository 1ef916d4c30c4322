#include "execution/command_stats.h"

#include <gtest/gtest.h>

#include <string>

#include "execution/command_tester.h"
#include "execution/session.h"
#include "execution/test_client.h"

namespace redstart {
namespace {

TEST(LatencyHistogram, puts_every_duration_into_a_bucket_that_bounds_it_closely) {
  Random random;
  for (int i = 0; i < 100'000; ++i) {
    const uint64_t cycles = random.next() >> (24 + random.below(40));
    const size_t bucket = LatencyHistogram::bucket_of(cycles);
    ASSERT_LT(bucket, LatencyHistogram::kBuckets);
    const uint64_t bound = LatencyHistogram::upper_bound(bucket);
    ASSERT_GE(bound, cycles);
    ASSERT_LE(bound - cycles, cycles / 32);
    if (bucket > 0) {
      ASSERT_LT(LatencyHistogram::upper_bound(bucket - 1), cycles);
    }
  }
}

TEST(LatencyHistogram, counts_endless_durations_as_the_longest) {
  EXPECT_EQ(LatencyHistogram::bucket_of(~uint64_t{0}), LatencyHistogram::kBuckets - 1);
}

TEST(CommandStats, percentiles_are_within_three_percent) {
  ThreadContext thread(1);
  for (uint64_t cycles = 1; cycles <= 10'000; ++cycles) thread.record_call(0, cycles, false);
  CommandStats stats;
  thread.add_to(0, stats);
  EXPECT_NEAR(static_cast<double>(stats.percentile_cycles(50)), 5000, 5000 * 0.032);
  EXPECT_NEAR(static_cast<double>(stats.percentile_cycles(99.9)), 9990, 9990 * 0.032);
  EXPECT_EQ(stats.percentile_cycles(0), 1u);
}

TEST(ThreadContext, merges_threads_and_forgets_what_was_before_a_reset) {
  ThreadContext first(2), second(2);
  first.record_call(1, 100, true);
  second.record_call(1, 50, false);
  second.record_rejected(0);
  first.record_error("ERR");
  first.record_error("ERR");
  ThreadContext* const threads[] = {&first, &second};
  EXPECT_EQ(merged_stats(threads, 1).calls, 2u);
  EXPECT_EQ(merged_stats(threads, 1).cycles, 150u);
  EXPECT_EQ(merged_stats(threads, 1).failed, 1u);
  EXPECT_EQ(merged_stats(threads, 0).rejected, 1u);
  EXPECT_EQ(merged_errors(threads).at("ERR"), 2u);
  for (ThreadContext* thread : threads) thread->reset();
  EXPECT_EQ(merged_stats(threads, 1).calls, 0u);
  EXPECT_EQ(merged_stats(threads, 1).percentile_cycles(50), 0u);
  EXPECT_TRUE(merged_errors(threads).empty());
  first.record_call(1, 7, false);
  EXPECT_EQ(merged_stats(threads, 1).calls, 1u);
  EXPECT_EQ(merged_stats(threads, 1).percentile_cycles(50), 7u);
  EXPECT_EQ(first.call_count(), 1u);
}

TEST(ThreadContext, forgets_replies_of_calls_that_another_thread_has_counted) {
  ThreadContext first(2), second(2);
  ThreadContext* const threads[] = {&first, &second};
  first.record_blocked(1, 100);
  second.record_reply(1, 50, true);
  EXPECT_EQ(merged_stats(threads, 1).calls, 1u);
  EXPECT_EQ(merged_stats(threads, 1).cycles, 150u);
  EXPECT_EQ(merged_stats(threads, 1).failed, 1u);
  EXPECT_EQ(merged_stats(threads, 1).percentile_cycles(50), 50u);
  for (ThreadContext* thread : threads) thread->reset();
  EXPECT_EQ(merged_stats(threads, 1).cycles, 0u);
  EXPECT_EQ(merged_stats(threads, 1).failed, 0u);
  EXPECT_EQ(merged_stats(threads, 1).percentile_cycles(50), 0u);
}

// Calls that block, as redis-server 7.0.15 counts them.
class BlockedCalls : public testing::Test {
 protected:
  // "calls, failed calls, whether durations" of a command since the last reset.
  std::string counted(std::string_view name) {
    const auto value = [](const std::string& line, const std::string& field) {
      const size_t at = line.find(field + "=") + field.size() + 1;
      return line.substr(at, line.find_first_of(",\r", at) - at);
    };
    const std::string line = line_of("commandstats", "cmdstat_" + std::string(name) + ":");
    if (line.empty()) return "nothing";
    const std::string percentiles = "latency_percentiles_usec_" + std::string(name) + ":";
    const std::string latencies = line_of("latencystats", percentiles).empty() ? "0" : "1";
    EXPECT_EQ(run.reply("LATENCY HISTOGRAM " + std::string(name)).elements().empty(), latencies == "0");
    return value(line, "calls") + " " + value(line, "failed_calls") + " " + latencies;
  }
  std::string line_of(const std::string& section, const std::string& begin) {
    const std::string info = run.reply("INFO " + section).text();
    const size_t at = info.find("\n" + begin);
    return at == std::string::npos ? "" : info.substr(at + 1, info.find("\r\n", at + 1) - at - 1);
  }
  // What of a call was counted before and after something ended its wait.
  template <class End>
  std::string counted_around(const std::string& call, std::string_view name, End&& end) {
    TestClient client(run.executor);
    client("SET written 1");
    run("CONFIG RESETSTAT");
    EXPECT_EQ(client(call), "(no reply)");
    const std::string before = counted(name);
    end(client);
    EXPECT_NE(client.late, "") << call;
    return before + ", " + counted(name);
  }

  CommandTester run;
};

TEST_F(BlockedCalls, count_once_when_they_are_served) {
  EXPECT_EQ(counted_around("BLPOP k 0", "blpop", [&](auto&) { run("RPUSH k 1"); }), "1 0 0, 1 0 1");
  EXPECT_EQ(counted_around("BZPOPMIN z 0", "bzpopmin", [&](auto&) { run("ZADD z 1 m"); }), "1 0 0, 1 0 1");
  EXPECT_EQ(counted_around("XREAD BLOCK 0 STREAMS s $", "xread", [&](auto&) { run("XADD s * f v"); }), "1 0 0, 1 0 1");
  run("SET d text");
  EXPECT_EQ(counted_around("BLMOVE k d LEFT LEFT 0", "blmove", [&](auto&) { run("RPUSH k 1"); }), "1 0 0, 1 1 1");
  EXPECT_EQ(line_of("errorstats", "errorstat_WRONGTYPE"), "errorstat_WRONGTYPE:count=1");
}

TEST_F(BlockedCalls, count_once_when_their_time_is_over) {
  const auto pass_time = [&](auto&) {
    run.clock.advance_ms(2000);
    run.executor.tick();
  };
  EXPECT_EQ(counted_around("BLPOP k 1", "blpop", pass_time), "1 0 0, 1 0 0");
  EXPECT_EQ(counted_around("WAIT 1 1000", "wait", pass_time), "1 0 0, 1 0 0");
  EXPECT_EQ(counted_around("WAITAOF 0 1 1000", "waitaof", pass_time), "1 0 0, 1 0 0");
}

TEST_F(BlockedCalls, have_failed_when_another_client_ends_them) {
  const auto unblock = [&](const std::string& how) {
    return [this, how](TestClient& client) {
      EXPECT_EQ(run("CLIENT UNBLOCK " + std::to_string(client.id) + how), "(integer) 1");
    };
  };
  EXPECT_EQ(counted_around("BLPOP k 0", "blpop", unblock("")), "1 0 0, 1 1 1");
  EXPECT_EQ(counted_around("WAIT 1 0", "wait", unblock(" TIMEOUT")), "1 0 0, 1 1 1");
  EXPECT_EQ(line_of("errorstats", "errorstat_UNBLOCKED"), "");
  EXPECT_EQ(counted_around("WAITAOF 0 1 0", "waitaof", unblock(" ERROR")), "1 0 0, 1 1 1");
  EXPECT_EQ(line_of("errorstats", "errorstat_UNBLOCKED"), "errorstat_UNBLOCKED:count=1");
}

TEST(ThreadContext, keeps_a_limited_number_of_error_codes) {
  ThreadContext thread(1);
  for (int i = 0; i < 1000; ++i) thread.record_error("CODE" + std::to_string(i));
  ThreadContext* const threads[] = {&thread};
  EXPECT_EQ(merged_errors(threads).size(), ThreadContext::kErrorCodesMax);
}

}  // namespace
}  // namespace redstart
