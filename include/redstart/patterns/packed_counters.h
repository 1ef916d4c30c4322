// PackedCounters: many small counters in one string, two bytes each (or one, or four).
//
//   redstart::PackedCounters views(client, {.prefix = "views"});
//   views.add("page:7").value();                            // {.value = 1, .at_limit = false}
//   uint64_t seen = views.get("page:7").value().value_or(0);
//
// The counters are cells of the string {prefix}:counters (BITFIELD). A name's place is decided once, when it is first
// used, and stands in the hash {prefix}:index; place and cell are found and changed in one script, so two processes
// never take one place for two names. Names cannot be taken out again, and cost what a field of a hash costs: where
// counters have numbers of their own (users, products), the *_at methods need no index, and n counters of 16 bits take
// 2n bytes.
//
// Threads: thread-safe. Cost: one script of O(1) for each call. Ownership: shares the client's store.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "redstart/client.h"
#include "redstart/script.h"

namespace redstart {

enum class CounterOverflow : unsigned char {
  saturate,  // a counter stops at its limits, 0 and the largest value
  fail       // what would pass them changes nothing
};

struct PackedCountersOptions {
  std::string prefix = "packed";
  int bits = 16;  // 8, 16 or 32
  CounterOverflow overflow = CounterOverflow::saturate;
};

struct CounterUpdate {
  uint64_t value = 0;     // now
  bool at_limit = false;  // it was stopped at a limit, or nothing was changed
  bool operator==(const CounterUpdate&) const = default;
};

class PackedCounters {
 public:
  explicit PackedCounters(Client client, PackedCountersOptions options = {});

  // Adds; negative numbers count down. Not idempotent.
  result<CounterUpdate> add(std::string_view name, int64_t by = 1);
  result<CounterUpdate> set(std::string_view name, uint64_t value);
  // All of them in one script, in order.
  result<std::vector<CounterUpdate>> set_many(const std::vector<std::pair<std::string, uint64_t>>& values);
  // Nothing: the name was never used.
  result<std::optional<uint64_t>> get(std::string_view name);
  // By number instead of name: no index. One prefix is used in one of the two ways. A place is below 2^27; the string
  // reaches to the largest that was written.
  result<CounterUpdate> add_at(uint32_t place, int64_t by = 1);
  result<CounterUpdate> set_at(uint32_t place, uint64_t value);
  result<uint64_t> get_at(uint32_t place);

  // Every named counter, by place. Two round trips and O(n).
  result<std::vector<std::pair<std::string, uint64_t>>> all();
  uint64_t limit() const { return (uint64_t{1} << options_.bits) - 1; }

  const std::string& counters_key() const { return counters_key_; }
  const std::string& index_key() const { return index_key_; }

 private:
  result<std::vector<CounterUpdate>> update(std::vector<std::string> arguments, size_t count);
  result<CounterUpdate> update_at(uint32_t place, std::string_view operation, int64_t number);

  Client client_;
  const PackedCountersOptions options_;
  const std::string counters_key_, index_key_;
  const Script update_, get_;
};

}  // namespace redstart
