// Small changes of values that must be one step: compare and set, bounded increments, transfers.
//
// Each is one script, so nothing comes between its look and its change. Redis 7.0 or newer, Redstart; on a cluster the
// two accounts of a transfer need a common hash tag ("account:{bank}:ada"), else the error says CROSSSLOT.
//
// Threads: thread-safe.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "redstart/client.h"

namespace redstart {

// Sets the key to `value` if it holds `expected` (nothing: if there is no such key); its time to live stays. False: it
// holds something else, and is unchanged.
result<bool> compare_and_set(Client& client, std::string_view key, std::optional<std::string_view> expected,
                             std::string_view value);

struct BoundedIncrement {
  bool applied = false;
  int64_t value = 0;  // now
};
// Adds `amount` (which may be negative) unless the value would leave [minimum, maximum]; the key's time to live stays.
// A missing key counts as 0. Errors: the server's when the value is no integer.
result<BoundedIncrement> bounded_increment(Client& client, std::string_view key, int64_t amount, int64_t minimum,
                                           int64_t maximum);

enum class Transfer : unsigned char { done, insufficient_funds };
// Moves `amount` from one balance to another; nothing is changed unless all of it can be. Errors: invalid_argument for
// an amount that is not positive and for a transfer to oneself; the server's when a balance is no integer or would
// overflow.
result<Transfer> transfer(Client& client, std::string_view from, std::string_view to, int64_t amount);

}  // namespace redstart
