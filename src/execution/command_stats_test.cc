#include "execution/command_stats.h"

#include <gtest/gtest.h>

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

TEST(ThreadContext, keeps_a_limited_number_of_error_codes) {
  ThreadContext thread(1);
  for (int i = 0; i < 1000; ++i) thread.record_error("CODE" + std::to_string(i));
  ThreadContext* const threads[] = {&thread};
  EXPECT_EQ(merged_errors(threads).size(), ThreadContext::kErrorCodesMax);
}

}  // namespace
}  // namespace redstart
