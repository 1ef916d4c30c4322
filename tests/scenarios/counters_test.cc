// Counters by period over every store.
#include <atomic>

#include "redstart/recipes/active_users.h"
#include "redstart/recipes/period_counter.h"
#include "redstart/recipes/unique_counter.h"
#include "tests/scenarios/stores.h"

namespace redstart::scenarios {
namespace {

using namespace std::chrono_literals;
using std::chrono::days;

constexpr int64_t kMay1_2024 = 1'714'521'600'000;  // a Wednesday, 00:00 UTC
constexpr int64_t kHourMs = 3'600'000, kDayMs = 24 * kHourMs;

class Counters : public StoreTest {
 protected:
  UnixClock clock() {
    return [this] { return now_ms_.load(); };
  }
  // How long the key lives, to within a minute.
  void expect_life(const std::string& key, std::chrono::milliseconds life) {
    const int64_t left_ms = value_of(client().pttl(key));
    EXPECT_LE(left_ms, life.count()) << key;
    EXPECT_GT(left_ms, life.count() - 60'000) << key;
  }
  std::atomic<int64_t> now_ms_{kMay1_2024 + 10 * kHourMs};
};
INSTANTIATE_TEST_SUITE_P(Stores, Counters, kAllStores, name_of);

// On Wednesday at ten, five days less ten hours of the week and 31 days less ten hours of the month are to come.
TEST_P(Counters, a_period_is_kept_from_its_end_on) {
  for (const auto& [period, key, life] :
       std::vector<std::tuple<Period, std::string, std::chrono::milliseconds>>{
           {Period::minute, "2024-05-01T10:00", days(1) + 1min},
           {Period::hour, "2024-05-01T10", days(8) + 1h},
           {Period::day, "2024-05-01", days(35) + 14h},
           {Period::week, "2024-W18", days(400 + 5) - 10h},
           {Period::month, "2024-05", days(800 + 31) - 10h}}) {
    PeriodCounter views(client(), {.name = "views", .period = period, .clock = clock()});
    value_of(views.add("/"));
    expect_life("views:{/}:" + key, life);
    UniqueCounter visitors(client(), {.name = "visitors", .period = period, .clock = clock()});
    value_of(visitors.add("/", "ada"));
    expect_life("visitors:{/}:" + key, life);
  }
}

TEST_P(Counters, no_count_is_lost_before_its_period_has_ended) {
  PeriodCounter views(client(), {.name = "views", .period = Period::week, .keep = 0ms, .clock = clock()});
  EXPECT_EQ(value_of(views.add("/")), 1);
  EXPECT_EQ(value_of(views.add("/")), 2);
  expect_life("views:{/}:2024-W18", days(5) - 10h);
  PeriodCounter kept(client(), {.name = "kept", .period = Period::week, .keep = 2h, .clock = clock()});
  value_of(kept.add("/"));
  expect_life("kept:{/}:2024-W18", days(5) - 8h);
}

TEST_P(Counters, refuse_to_keep_a_period_for_a_negative_time) {
  PeriodCounter views(client(), {.name = "views", .keep = -1ms, .clock = clock()});
  UniqueCounter visitors(client(), {.name = "visitors", .keep = -1ms, .clock = clock()});
  EXPECT_EQ(views.add("/").error().code, ErrorCode::invalid_argument);
  EXPECT_EQ(visitors.add("/", "ada").error().code, ErrorCode::invalid_argument);
  EXPECT_EQ(value_of(client().dbsize()), 0);
}

TEST_P(Counters, a_period_counts_for_itself_and_its_life_is_not_prolonged) {
  PeriodCounter views(client(), {.name = "pageviews", .clock = clock()});
  EXPECT_EQ(value_of(views.add("/")), 1);
  EXPECT_EQ(value_of(views.add("/", 4)), 5);
  const std::string key = "pageviews:{/}:2024-05-01";
  EXPECT_GT(value_of(client().pttl(key)), 35 * kHourMs);
  value_of(client().expire(key, 1h));
  value_of(views.add("/"));
  EXPECT_LE(value_of(client().pttl(key)), kHourMs);
  now_ms_ += kDayMs;
  EXPECT_EQ(value_of(views.get("/")), 0);
  EXPECT_EQ(value_of(views.add("/")), 1);
  EXPECT_EQ(value_of(views.last("/", 3)), (std::vector<int64_t>{1, 6, 0}));
  EXPECT_EQ(value_of(views.get_at("/", now_ms_ - kDayMs)), 6);
}

TEST_P(Counters, unique_visitors_of_several_days_are_not_counted_twice) {
  UniqueCounter visitors(client(), {.clock = clock()});
  for (int i = 0; i < 1000; ++i) value_of(visitors.add("shop", "v" + std::to_string(i)));
  EXPECT_FALSE(value_of(visitors.add("shop", "v0")));
  now_ms_ += kDayMs;
  for (int i = 500; i < 1500; ++i) value_of(visitors.add("shop", "v" + std::to_string(i)));
  EXPECT_NEAR(value_of(visitors.count("shop")), 1000, 40);
  EXPECT_NEAR(value_of(visitors.count_last("shop", 7)), 1500, 60);
  const int64_t archived = value_of(visitors.archive("shop", 7, "2024-W18", 24h * 365));
  EXPECT_NEAR(archived, 1500, 60);
  EXPECT_EQ(value_of(visitors.count_archive("shop", "2024-W18")), archived);
  // What was there counts too: the same again changes nothing.
  EXPECT_EQ(value_of(visitors.archive("shop", 7, "2024-W18", 24h * 365)), archived);
  EXPECT_EQ(visitors.count_last("shop", 0).error().code, ErrorCode::invalid_argument);
}

TEST_P(Counters, active_users_are_counted_exactly_over_days_and_segments) {
  ActiveUsers active(client(), {.clock = clock()});
  EXPECT_EQ(active.mark(-1).error().code, ErrorCode::invalid_argument);
  const std::vector<int64_t> users = {0, 7, 65'535, 65'536, 4'000'000'000'000};
  for (const int64_t id : users) EXPECT_TRUE(value_of(active.mark(id)));
  EXPECT_FALSE(value_of(active.mark(7)));
  EXPECT_EQ(value_of(active.count_today()), 5);
  now_ms_ += kDayMs;
  value_of(active.mark(7));
  value_of(active.mark(8));
  EXPECT_EQ(value_of(active.count_today()), 2);
  EXPECT_EQ(value_of(active.count_rolling(7)), 6);
  EXPECT_TRUE(value_of(active.was_active(0, now_ms_ - kDayMs)));
  EXPECT_FALSE(value_of(active.was_active(0, now_ms_)));
  // Wednesday and Thursday are of one calendar week, the Monday after is not.
  EXPECT_EQ(value_of(active.count_week()), 6);
  now_ms_ += 4 * kDayMs;
  value_of(active.mark(9));
  EXPECT_EQ(value_of(active.count_week()), 1);
  EXPECT_EQ(value_of(active.count_rolling(7)), 7);
  EXPECT_EQ(value_of(active.count_week_at(now_ms_ - 7 * kDayMs)), 6);
  // Large ids cost what they need, not what their number says.
  int64_t bytes = 0;
  for (const std::string& key : value_of(client().keys("*"))) bytes += value_of(client().memory_usage(key)).value_or(0);
  EXPECT_LT(bytes, 100'000);
  EXPECT_FALSE(value_of(client().exists("{active}:scratch")));
}

}  // namespace
}  // namespace redstart::scenarios
