#include "redstart/recipes/calendar.h"

#include <gtest/gtest.h>

namespace redstart {
namespace {

int64_t at(int year, unsigned month, unsigned day, int hour = 0, int minute = 0) {
  using namespace std::chrono;
  const sys_days date(std::chrono::year(year) / month / day);
  return duration_cast<milliseconds>(date.time_since_epoch() + hours(hour) + minutes(minute)).count();
}

TEST(Calendar, a_week_belongs_to_the_year_of_its_thursday) {
  const Calendar calendar;
  EXPECT_EQ(calendar.name(Period::week, at(2021, 1, 3)), "2020-W53");
  EXPECT_EQ(calendar.name(Period::week, at(2021, 1, 4)), "2021-W01");
  EXPECT_EQ(calendar.name(Period::week, at(2024, 12, 30)), "2025-W01");
  EXPECT_EQ(calendar.name(Period::week, at(2023, 1, 1)), "2022-W52");
  EXPECT_EQ(calendar.name(Period::week, at(2024, 5, 1)), "2024-W18");
}

TEST(Calendar, names_periods_in_the_order_of_time) {
  const Calendar calendar;
  const int64_t moment = at(2024, 2, 29, 23, 59);
  EXPECT_EQ(calendar.name(Period::minute, moment), "2024-02-29T23:59");
  EXPECT_EQ(calendar.name(Period::hour, moment), "2024-02-29T23");
  EXPECT_EQ(calendar.name(Period::day, moment), "2024-02-29");
  EXPECT_EQ(calendar.name(Period::month, moment), "2024-02");
  EXPECT_EQ(calendar.name(Period::day, -1), "1969-12-31");
}

TEST(Calendar, the_day_changes_at_the_midnight_of_its_offset) {
  const Calendar berlin{.utc_offset = std::chrono::minutes(120)};
  const Calendar newfoundland{.utc_offset = std::chrono::minutes(-150)};
  EXPECT_EQ(berlin.name(Period::day, at(2024, 5, 1, 21, 59)), "2024-05-01");
  EXPECT_EQ(berlin.name(Period::day, at(2024, 5, 1, 22)), "2024-05-02");
  EXPECT_EQ(newfoundland.name(Period::day, at(2024, 5, 1, 2, 29)), "2024-04-30");
  EXPECT_EQ(berlin.begin_ms(Period::day, at(2024, 5, 1, 22)), at(2024, 5, 1, 22));
}

TEST(Calendar, periods_follow_each_other_without_gaps) {
  const Calendar calendar{.utc_offset = std::chrono::minutes(345)};
  for (const Period period : {Period::minute, Period::hour, Period::day, Period::week, Period::month}) {
    int64_t moment = at(2023, 12, 20, 11, 7);
    for (int i = 0; i < 20; ++i) {
      const int64_t begin = calendar.begin_ms(period, moment), end = calendar.end_ms(period, moment);
      EXPECT_LE(begin, moment);
      EXPECT_LT(moment, end);
      EXPECT_EQ(calendar.begin_ms(period, end), end);
      EXPECT_EQ(calendar.end_ms(period, end - 1), end);
      EXPECT_NE(calendar.name(period, end), calendar.name(period, end - 1));
      moment = end;
    }
  }
}

TEST(Calendar, counts_back_over_the_ends_of_months) {
  EXPECT_EQ(Calendar().last(Period::month, at(2024, 3, 31), 4),
            (std::vector<std::string>{"2024-03", "2024-02", "2024-01", "2023-12"}));
  EXPECT_EQ(Calendar().last(Period::day, at(2024, 3, 1), 2), (std::vector<std::string>{"2024-03-01", "2024-02-29"}));
}

}  // namespace
}  // namespace redstart
