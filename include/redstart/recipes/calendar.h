// Periods of time and their names in keys: "2024-05-01T13", "2024-05-01", "2024-W18" (ISO 8601: the week belongs to the
// year of its Thursday), "2024-05". UTC, or a fixed offset from it: never the time zone of the machine.
//
// Threads: thread-safe.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

namespace redstart {

enum class Period : unsigned char { minute, hour, day, week, month };

// For how long after its end a period is worth looking at, unless somebody knows better: a minute for a day, an hour
// for 8, a day for 35, a week for 400 and a month for 800 days.
std::chrono::milliseconds usual_keep(Period period);

struct Calendar {
  std::chrono::minutes utc_offset{0};  // +120: two hours east of Greenwich

  // The period in which this moment (Unix ms) lies.
  std::string name(Period period, int64_t unix_ms) const;
  // Its first moment, and that of the next one.
  int64_t begin_ms(Period period, int64_t unix_ms) const;
  int64_t end_ms(Period period, int64_t unix_ms) const;
  // The names of the last `count` periods, this one first.
  std::vector<std::string> last(Period period, int64_t unix_ms, int count) const;
};

}  // namespace redstart
