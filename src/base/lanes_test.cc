#include "base/lanes.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <numeric>

namespace redstart {
namespace {

class AnyLanes : public testing::TestWithParam<size_t> {};
INSTANTIATE_TEST_SUITE_P(Threads, AnyLanes, testing::Values(0, 1, 2, 5));

TEST_P(AnyLanes, keep_each_ones_order_and_lose_nothing) {
  using Numbers = std::vector<uint64_t>;
  std::vector<Numbers> seen(std::max<size_t>(GetParam(), 1));
  Lanes<Numbers> lanes(GetParam(), [&](size_t lane, Numbers& batch) {
    seen[lane].insert(seen[lane].end(), batch.begin(), batch.end());
    batch.clear();
  });
  ASSERT_EQ(lanes.count(), seen.size());
  EXPECT_EQ(lanes.has_threads(), GetParam() > 0);
  constexpr uint64_t kNumbers = 20'000;
  for (uint64_t number = 0; number < kNumbers; ++number) {
    const size_t lane = lanes.lane_of(number * 0x9e3779b97f4a7c15);
    ASSERT_LT(lane, lanes.count());
    lanes.filling(lane).push_back(number);
    if (lanes.filling(lane).size() == 7) lanes.send(lane);
    if (number % 1000 != 999) continue;
    lanes.settle();
    size_t sum = 0;
    for (const Numbers& numbers : seen) sum += numbers.size();
    EXPECT_EQ(sum, number + 1);
  }
  for (const Numbers& numbers : seen) {
    EXPECT_TRUE(std::ranges::is_sorted(numbers));
    EXPECT_GT(numbers.size(), kNumbers / lanes.count() / 2);
  }
}

TEST_P(AnyLanes, end_with_what_was_sent_done_and_the_rest_dropped) {
  std::atomic<int> sum = 0;
  {
    Lanes<std::vector<int>> lanes(GetParam(), [&](size_t, std::vector<int>& batch) {
      sum += std::accumulate(batch.begin(), batch.end(), 0);
      batch.clear();
    });
    for (int i = 0; i < 10; ++i) {
      lanes.filling(0).push_back(1);
      lanes.send(0);
    }
    lanes.filling(0).push_back(1000);
  }
  EXPECT_EQ(sum, 10);
}

// The sender would otherwise run far ahead with a file that is larger than the memory.
TEST(Lanes, wait_with_more_than_a_few_batches) {
  std::mutex closed;
  std::atomic<size_t> sent = 0;
  closed.lock();
  Lanes<int> lanes(1, [&](size_t, int&) { const std::lock_guard lock(closed); });
  std::thread sender([&] {
    for (int i = 0; i < 100; ++i) {
      lanes.send(0);
      ++sent;
    }
  });
  while (sent < Lanes<int>::kWaitingMax) std::this_thread::yield();
  EXPECT_LE(sent, Lanes<int>::kWaitingMax + 1);  // and the one at work
  closed.unlock();
  sender.join();
  EXPECT_EQ(sent, 100u);
}

}  // namespace
}  // namespace redstart
