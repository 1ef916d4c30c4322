// UniqueCounter: how many different visitors there were, to within 0.81 % (standard error), in 12 KB at most for each
// period, however many they are (HyperLogLog: Flajolet and others, 2007).
//
//   redstart::UniqueCounter visitors(client, {.name = "visitors"});
//   visitors.add("shop", "user-7").value();
//   int64_t week = visitors.count_last("shop", 7).value();   // different ones within seven days
//
// Redis 7.0 or newer, Redstart; a cluster too: the keys of one thing, "name:{thing}:2024-05-01", are in one slot.
//
// Threads: thread-safe. Ownership: shares the client's store.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "redstart/client.h"
#include "redstart/patterns/clock.h"
#include "redstart/recipes/calendar.h"

namespace redstart {

struct UniqueCounterOptions {
  std::string name = "unique";
  Period period = Period::day;
  // How long a period is kept after its end; none: usual_keep(period).
  std::optional<std::chrono::milliseconds> keep = {};
  Calendar calendar = {};
  UnixClock clock = {};
};

class UniqueCounter {
 public:
  explicit UniqueCounter(Client client, UniqueCounterOptions options = {});
  // True: it has probably not been there in this period. Errors: invalid_argument for a negative `keep`.
  result<bool> add(std::string_view thing, std::string_view visitor);
  result<int64_t> count(std::string_view thing);
  // Different ones within the last periods, this one included.
  result<int64_t> count_last(std::string_view thing, int periods);
  // Keeps the union of the last periods under a name of its own, for longer than the periods are kept. What is there
  // already under that name counts too. The count of the union. Errors: invalid_argument for no periods, and a
  // `keep_archive` below 1 ms.
  result<int64_t> archive(std::string_view thing, int periods, std::string_view name,
                          std::chrono::milliseconds keep_archive);
  result<int64_t> count_archive(std::string_view thing, std::string_view name);

 private:
  std::string key(std::string_view thing, std::string_view period) const;
  std::vector<std::string> keys(std::string_view thing, int periods) const;
  Client client_;
  const UniqueCounterOptions options_;
};

}  // namespace redstart
