#include "redstart/recipes/calendar.h"

#include <cstdio>

namespace redstart {
namespace {

using namespace std::chrono;

constexpr int64_t kMinuteMs = 60'000, kHourMs = 60 * kMinuteMs, kDayMs = 24 * kHourMs;

int64_t floor_to(int64_t ms, int64_t unit_ms) {
  const int64_t rest = ms % unit_ms;
  return ms - rest - (rest < 0 ? unit_ms : 0);
}

sys_days day_of(int64_t local_ms) { return sys_days(days(floor_to(local_ms, kDayMs) / kDayMs)); }
int64_t ms_of(sys_days day) { return static_cast<int64_t>(day.time_since_epoch().count()) * kDayMs; }

sys_days monday_of(sys_days day) { return day - (weekday(day) - Monday); }

int64_t local_begin(Period period, int64_t local_ms) {
  switch (period) {
    case Period::minute:
      return floor_to(local_ms, kMinuteMs);
    case Period::hour:
      return floor_to(local_ms, kHourMs);
    case Period::day:
      return floor_to(local_ms, kDayMs);
    case Period::week:
      return ms_of(monday_of(day_of(local_ms)));
    case Period::month: {
      const year_month_day date(day_of(local_ms));
      return ms_of(sys_days(date.year() / date.month() / 1));
    }
  }
  return local_ms;
}

int64_t local_end(Period period, int64_t begin_ms) {
  switch (period) {
    case Period::minute:
      return begin_ms + kMinuteMs;
    case Period::hour:
      return begin_ms + kHourMs;
    case Period::day:
      return begin_ms + kDayMs;
    case Period::week:
      return begin_ms + 7 * kDayMs;
    case Period::month: {
      const year_month_day date(day_of(begin_ms));
      return ms_of(sys_days((date.year() / date.month() + months(1)) / 1));
    }
  }
  return begin_ms;
}

template <class... Numbers>
std::string format(const char* pattern, Numbers... numbers) {
  char text[64];
  std::snprintf(text, sizeof text, pattern, static_cast<int>(numbers)...);
  return text;
}

std::string iso_week(sys_days day) {
  // The week's Thursday says which year it belongs to.
  const sys_days thursday = monday_of(day) + days(3);
  const year_month_day date(thursday);
  const auto first = sys_days(date.year() / January / 1);
  return format("%04d-W%02d", static_cast<int>(date.year()), (thursday - first).count() / 7 + 1);
}

}  // namespace

milliseconds usual_keep(Period period) {
  switch (period) {
    case Period::minute:
      return days(1);
    case Period::hour:
      return days(8);
    case Period::day:
      return days(35);
    case Period::week:
      return days(400);
    case Period::month:
      return days(800);
  }
  return days(35);
}

int64_t Calendar::begin_ms(Period period, int64_t unix_ms) const {
  const int64_t offset_ms = duration_cast<milliseconds>(utc_offset).count();
  return local_begin(period, unix_ms + offset_ms) - offset_ms;
}

int64_t Calendar::end_ms(Period period, int64_t unix_ms) const {
  const int64_t offset_ms = duration_cast<milliseconds>(utc_offset).count();
  return local_end(period, local_begin(period, unix_ms + offset_ms)) - offset_ms;
}

std::string Calendar::name(Period period, int64_t unix_ms) const {
  const int64_t local_ms = unix_ms + duration_cast<milliseconds>(utc_offset).count();
  const sys_days day = day_of(local_ms);
  if (period == Period::week) return iso_week(day);
  const year_month_day date(day);
  const int year = static_cast<int>(date.year());
  const unsigned month = static_cast<unsigned>(date.month());
  if (period == Period::month) return format("%04d-%02d", year, month);
  const std::string text = format("%04d-%02d-%02d", year, month, static_cast<unsigned>(date.day()));
  const int64_t in_day_ms = local_ms - ms_of(day);
  if (period == Period::hour) return text + format("T%02d", in_day_ms / kHourMs);
  if (period == Period::minute) {
    return text + format("T%02d:%02d", in_day_ms / kHourMs, in_day_ms / kMinuteMs % 60);
  }
  return text;
}

std::vector<std::string> Calendar::last(Period period, int64_t unix_ms, int count) const {
  std::vector<std::string> names;
  for (int i = 0; i < count; ++i) {
    names.push_back(name(period, unix_ms));
    unix_ms = begin_ms(period, unix_ms) - 1;
  }
  return names;
}

}  // namespace redstart
