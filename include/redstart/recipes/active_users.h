// ActiveUsers: who was active on which day, exactly, one bit for each user and day.
//
//   redstart::ActiveUsers active(client);
//   active.mark(12345).value();
//   int64_t today = active.count_today().value();
//   int64_t rolling = active.count_rolling(7).value();    // different users within seven days
//   int64_t week = active.count_week().value();           // different users in this calendar week (ISO)
//
// The bits are kept in segments of 65,536 users, 8 KB each, and only those that have anybody: ids may be any
// non-negative number. Ids that are scattered over all numbers (hashes) cost up to 8 KB each: number your users, or use
// UniqueCounter.
//
// Redis 7.0 or newer, Redstart; a cluster too: all keys have the hash tag {name}, so one analysis lives on one node.
//
// Threads: thread-safe. Ownership: shares the client's store.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

#include "redstart/client.h"
#include "redstart/patterns/clock.h"
#include "redstart/recipes/calendar.h"

namespace redstart {

struct ActiveUsersOptions {
  std::string name = "active";
  std::chrono::milliseconds keep = std::chrono::days(35);  // since the day's first user
  Calendar calendar = {};
  UnixClock clock = {};
};

class ActiveUsers {
 public:
  explicit ActiveUsers(Client client, ActiveUsersOptions options = {});
  // True: for the first time today. Errors: invalid_argument for a negative id, and for a `keep` below
  // 1 ms.
  result<bool> mark(int64_t user_id);
  result<bool> was_active(int64_t user_id, int64_t unix_ms);
  result<int64_t> count_today();
  // Different users of the last `days` days, today included. Days without anybody are empty.
  result<int64_t> count_rolling(int days);
  // Of the calendar week in which the moment lies; by default this one.
  result<int64_t> count_week();
  result<int64_t> count_week_at(int64_t unix_ms);

 private:
  std::string segment_key(const std::string& day, const std::string& segment) const;
  std::string segments_key(const std::string& day) const;
  result<int64_t> count_union(const std::vector<std::string>& days);

  Client client_;
  const ActiveUsersOptions options_;
};

}  // namespace redstart
