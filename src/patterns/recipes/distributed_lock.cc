#include "redstart/recipes/distributed_lock.h"

#include <algorithm>

#include "patterns/cache/entry.h"
#include "patterns/recipes/support.h"
#include "redstart/script.h"

namespace redstart {
namespace {

// KEYS: lock, fence. ARGV: token, ttl ms. The new fence; 0: held by another. By the clock, so that it grows, too, when
// the store has forgotten the last one; it is exact as a script's number until the year 2255.
const Script kAcquire(R"(
if not redis.call('SET', KEYS[1], ARGV[1], 'NX', 'PX', ARGV[2]) then return 0 end
local time = redis.call('TIME')
local fence = math.max(tonumber(time[1]) * 1000000 + tonumber(time[2]), tonumber(redis.call('GET', KEYS[2]) or 0) + 1)
redis.call('SET', KEYS[2], string.format('%.0f', fence))
return fence
)");
const Script kExtend(R"(
if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 0 end
return redis.call('PEXPIRE', KEYS[1], ARGV[2])
)");
const Script kRelease(R"(
if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 0 end
return redis.call('DEL', KEYS[1])
)");

std::string new_token() { return std::string(text_of(random_token())) + std::string(text_of(random_token())); }

}  // namespace

DistributedLock::DistributedLock(Client client, std::string_view name, LockOptions options)
    : client_(std::move(client)),
      key_(options.prefix + ":{" + std::string(name) + "}"),
      options_(std::move(options)) {}

result<std::optional<HeldLock>> DistributedLock::try_acquire() {
  if (options_.ttl.count() <= 0) return invalid("a lock whose ttl is below 1 ms");
  const std::string token = new_token();
  const auto fence =
      kAcquire.run<int64_t>(client_, {key_, key_ + ":fence"}, {token, std::to_string(options_.ttl.count())});
  if (!fence) return std::unexpected(fence.error());
  if (*fence == 0) return std::optional<HeldLock>();
  return std::optional(HeldLock(client_, key_, token, static_cast<uint64_t>(*fence), options_.ttl));
}

result<std::optional<HeldLock>> DistributedLock::acquire(std::chrono::milliseconds wait) {
  if (options_.retry_interval.count() <= 0) return invalid("a retry interval below 1 ms");
  WaitClock& clock = options_.clock ? *options_.clock : WaitClock::system();
  const auto deadline = clock.now() + wait;
  while (true) {
    auto held = try_acquire();
    if (!held || *held) return held;
    const auto now = clock.now();
    if (now >= deadline) return std::optional<HeldLock>();
    const std::chrono::duration<double, std::milli> pause(static_cast<double>(options_.retry_interval.count()) *
                                                          (0.5 + random_part() / 2));
    clock.sleep_until(std::min(deadline, now + std::chrono::duration_cast<std::chrono::nanoseconds>(pause)));
  }
}

HeldLock::HeldLock(HeldLock&& other) noexcept
    : client_(other.client_),
      key_(std::move(other.key_)),
      token_(std::move(other.token_)),
      fence_(other.fence_),
      ttl_(other.ttl_),
      is_released_(std::exchange(other.is_released_, true)) {}

HeldLock::~HeldLock() {
  if (!is_released_) (void)release();
}

result<bool> HeldLock::extend() {
  const auto extended = kExtend.run<int64_t>(client_, {key_}, {token_, std::to_string(ttl_.count())});
  if (!extended) return std::unexpected(extended.error());
  return *extended == 1;
}

result<bool> HeldLock::release() {
  is_released_ = true;
  const auto released = kRelease.run<int64_t>(client_, {key_}, {token_});
  if (!released) return std::unexpected(released.error());
  return *released == 1;
}

}  // namespace redstart
