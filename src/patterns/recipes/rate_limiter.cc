#include "redstart/recipes/rate_limiter.h"

#include <algorithm>

#include "patterns/cache/entry.h"
#include "patterns/recipes/support.h"
#include "patterns/script_time.h"
#include "redstart/script.h"

namespace redstart {
namespace {

// All: KEYS: the client's. ARGV: now, limit, window ms, cost, and more. They return
// {allowed, count, remaining, retry after ms, reset after ms}. What was counted under a higher limit may exceed this
// one.

// A hash: when the window began, and the count.
const Script kFixedWindow(REDSTART_SCRIPT_NOW R"(
local limit, window, cost = tonumber(ARGV[2]), tonumber(ARGV[3]), tonumber(ARGV[4])
local state = redis.call('HMGET', KEYS[1], 'begin', 'count')
local begin, count = tonumber(state[1]), tonumber(state[2]) or 0
if not begin or now >= begin + window then begin, count = now, 0 end
local left = begin + window - now
if count + cost > limit then return {0, count, math.max(limit - count, 0), left, left} end
count = count + cost
redis.call('HSET', KEYS[1], 'begin', string.format('%.0f', begin), 'count', count)
if count == cost then redis.call('PEXPIRE', KEYS[1], window) end
return {1, count, limit - count, 0, left}
)");

// A sorted set of requests by time. ARGV[5]: what makes its members unique.
const Script kSlidingWindow(REDSTART_SCRIPT_NOW R"(
local limit, window, cost = tonumber(ARGV[2]), tonumber(ARGV[3]), tonumber(ARGV[4])
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', now - window)
local count = redis.call('ZCARD', KEYS[1])
local function end_of(index)
  local at = redis.call('ZRANGE', KEYS[1], index, index, 'WITHSCORES')[2]
  return at and tonumber(at) + window - now or 0
end
if count + cost > limit then
  return {0, count, math.max(limit - count, 0), end_of(count + cost - limit - 1), end_of(-1)}
end
for i = 1, cost do redis.call('ZADD', KEYS[1], now, ARGV[5] .. ':' .. i) end
redis.call('PEXPIRE', KEYS[1], window)
return {1, count + cost, limit - count - cost, 0, window}
)");

// The theoretical arrival time: when the bucket will be full again. ARGV[5]: burst.
const Script kTokenBucket(REDSTART_SCRIPT_NOW R"(
local interval = tonumber(ARGV[3]) / tonumber(ARGV[2])
local cost, burst = tonumber(ARGV[4]), tonumber(ARGV[5])
local full_at = math.max(tonumber(redis.call('GET', KEYS[1])) or now, now)
local taken = (full_at - now) / interval
-- A little less than a thousandth of a token is what the decimals of the stored time cannot say.
if taken + cost > burst + 0.0009 then
  return {0, math.ceil(taken - 0.0009), math.max(math.floor(burst - taken + 0.0009), 0),
          math.ceil((taken + cost - burst) * interval), math.ceil(full_at - now)}
end
full_at = full_at + cost * interval
taken = taken + cost
redis.call('SET', KEYS[1], string.format('%.6f', full_at), 'PX', math.ceil(full_at - now))
return {1, math.ceil(taken - 0.0009), math.floor(burst - taken + 0.0009), 0, math.ceil(full_at - now)}
)");

RateLimiterOptions with_burst(RateLimiterOptions options) {
  if (options.burst == 0 || options.algorithm != RateAlgorithm::token_bucket) options.burst = options.limit;
  return options;
}

const Script& script_of(RateAlgorithm algorithm) {
  switch (algorithm) {
    case RateAlgorithm::fixed_window:
      return kFixedWindow;
    case RateAlgorithm::sliding_window:
      return kSlidingWindow;
    case RateAlgorithm::token_bucket:
      break;
  }
  return kTokenBucket;
}

}  // namespace

RateLimiter::RateLimiter(Client client, RateLimiterOptions options)
    : client_(std::move(client)), options_(with_burst(std::move(options))) {}

result<RateDecision> RateLimiter::allow(std::string_view id, int64_t cost) {
  if (options_.limit <= 0) return invalid("a limit below 1");
  if (options_.window.count() <= 0) return invalid("a window without length");
  if (options_.burst < 0) return invalid("a negative burst");
  if (cost <= 0 || cost > options_.burst) {
    return invalid("the cost of a request must be between 1 and " + std::to_string(options_.burst));
  }
  std::string last = std::to_string(options_.burst);
  if (options_.algorithm == RateAlgorithm::sliding_window) last = text_of(random_token());
  const auto numbers = script_of(options_.algorithm)
                           .run<std::vector<int64_t>>(
                               client_, {options_.name + ":" + std::string(id)},
                               {script_time(options_.clock), std::to_string(options_.limit),
                                std::to_string(options_.window.count()), std::to_string(cost), std::move(last)});
  if (!numbers) return std::unexpected(numbers.error());
  return RateDecision{.allowed = (*numbers)[0] == 1,
                      .count = (*numbers)[1],
                      .remaining = (*numbers)[2],
                      .retry_after = std::chrono::milliseconds((*numbers)[3]),
                      .reset_after = std::chrono::milliseconds((*numbers)[4])};
}

result<void> RateLimiter::reset(std::string_view id) {
  const auto removed = client_.del(options_.name + ":" + std::string(id));
  if (!removed) return std::unexpected(removed.error());
  return {};
}

}  // namespace redstart
