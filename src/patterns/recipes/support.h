// What the recipes share: errors of callers, and numbers out of a script's reply.
//
// Threads: thread-safe.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "redstart/client.h"

namespace redstart {

inline std::unexpected<Error> invalid(std::string message) {
  return std::unexpected(Error{ErrorCode::invalid_argument, Outcome::not_done, std::move(message)});
}

// How many a caller can ask for: "all" of any collection, and a script still writes sums of it as integers.
inline constexpr int64_t kCountMax = int64_t{1} << 50;

// The reply of a MULTI of which only one part is of interest.
template <class T>
result<T> of_transaction(Transaction& transaction, const Pending<T>& part) {
  const auto ran = static_cast<Pipeline&>(transaction).run();
  if (!ran) return std::unexpected(ran.error());
  return *part;
}

}  // namespace redstart
