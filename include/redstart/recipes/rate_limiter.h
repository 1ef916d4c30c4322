// RateLimiter: how often somebody may do something.
//
//   redstart::RateLimiter limiter(client, {.limit = 100, .window = std::chrono::minutes(1)});
//   redstart::RateDecision decision = limiter.allow(client_id).value();
//   if (!decision.allowed) reply_429(decision.retry_after);
//
// Three ways to count:
//   fixed_window    `limit` in each window, which begins with its first request. Cheapest; around the end of a window
//                   up to twice the limit can pass.
//   sliding_window  `limit` within any window, exactly. Memory for each request in the window.
//   token_bucket    `limit` per window on the average, evenly spread, `burst` at once (the generic cell rate algorithm
//                   of ATM Forum, 1996). One number for each client; the one to choose when nothing speaks against it.
//
// Each decision is one script: concurrent callers never pass the limit together. A denied request does not count. The
// server's time counts, not the callers'. Redis 7.0 or newer, Redstart; a cluster too: one key for each client.
//
// Threads: thread-safe. Ownership: shares the client's store.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

#include "redstart/client.h"
#include "redstart/patterns/clock.h"

namespace redstart {

enum class RateAlgorithm : unsigned char { fixed_window, sliding_window, token_bucket };

struct RateLimiterOptions {
  std::string name = "ratelimit";  // keys are "name:id"
  RateAlgorithm algorithm = RateAlgorithm::token_bucket;
  int64_t limit = 100;  // requests per window; at least 1
  std::chrono::milliseconds window{60'000};  // at least 1 ms
  int64_t burst = 0;  // token_bucket: how many at once; 0: `limit`
  UnixClock clock = {};  // for tests; empty: the store's
};

struct RateDecision {
  bool allowed = false;
  int64_t count = 0;      // requests that count now, this one included if it was allowed
  int64_t remaining = 0;  // how many more would be allowed now
  std::chrono::milliseconds retry_after{0};  // until one like this would be allowed; zero when it was
  std::chrono::milliseconds reset_after{0};  // until everything is as if nothing had happened
};

class RateLimiter {
 public:
  explicit RateLimiter(Client client, RateLimiterOptions options);
  // `cost`: as how many requests it counts. Errors: invalid_argument when it is not positive or above the limit,
  // and for options that cannot be.
  result<RateDecision> allow(std::string_view id, int64_t cost = 1);
  result<void> reset(std::string_view id);

 private:
  Client client_;
  const RateLimiterOptions options_;
};

}  // namespace redstart
