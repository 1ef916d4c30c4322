// PeriodCounter: how often something happened in each minute, hour, day, week or month.
//
//   redstart::PeriodCounter views(client, {.name = "pageviews"});
//   views.add("/index").value();                              // 17: today's views of that page
//   std::vector<int64_t> week = views.last("/index", 7).value();   // today first
//
// One INCRBY and an expiry that is set with the first count of a period only, in one transaction. No period's count
// expires before the period has ended. Redis 7.0 or newer, Redstart; a cluster too: the keys of one thing,
// "name:{thing}:2024-05-01", are in one slot.
//
// Threads: thread-safe. Ownership: shares the client's store.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "redstart/client.h"
#include "redstart/patterns/clock.h"
#include "redstart/recipes/calendar.h"

namespace redstart {

struct PeriodCounterOptions {
  std::string name = "counter";
  Period period = Period::day;
  // How long a period's count is kept after the period's end; none: usual_keep(period).
  std::optional<std::chrono::milliseconds> keep = {};
  Calendar calendar = {};
  UnixClock clock = {};
};

class PeriodCounter {
 public:
  explicit PeriodCounter(Client client, PeriodCounterOptions options = {});
  // This period's count, the new one included. Errors: invalid_argument for a negative `keep`.
  result<int64_t> add(std::string_view thing, int64_t amount = 1);
  // Errors, here and below: unexpected_reply when the key holds something else than a number.
  result<int64_t> get(std::string_view thing);
  result<int64_t> get_at(std::string_view thing, int64_t unix_ms);
  // The counts of the last periods, this one first. Errors: invalid_argument for a negative number.
  result<std::vector<int64_t>> last(std::string_view thing, int periods);

 private:
  std::string key(std::string_view thing, std::string_view period) const;
  Client client_;
  const PeriodCounterOptions options_;
};

}  // namespace redstart
