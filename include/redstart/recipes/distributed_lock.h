// DistributedLock: one holder at a time, over all processes, with a fencing token.
//
//   redstart::DistributedLock lock(client, "report");
//   if (auto held = lock.acquire(std::chrono::seconds(5)); held && *held) {
//     write_report((*held)->fence());     // the storage refuses a fence lower than one that it has seen
//   }                                      // released here
//
// The lock is a lease: it ends after `ttl` unless extend() is called, so that a dead holder blocks nobody for ever.
// It follows that a holder which was stopped for longer than that (by the system, by a long pause) believes that it has
// the lock when another has it. Only the fence protects against that: a number that grows with every holder. Give it to
// whatever the lock protects, and let that refuse lower ones. And as the store forgets (a failover to a replica that
// lags), so does the lock: two may believe that they have it. The fence still grows, since it is made of the store's
// clock: the time in microseconds, or one more than the last. Clocks of servers must not differ by more than a failover
// takes.
//
// Redis 7.0 or newer, Redstart; a cluster too: "prefix:{name}" and "prefix:{name}:fence" are in one slot.
//
// Threads: DistributedLock is thread-safe; a HeldLock thread-compatible. Ownership: both share the client's store;
// the clock is borrowed.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "redstart/client.h"
#include "redstart/patterns/wait_clock.h"

namespace redstart {

struct LockOptions {
  std::string prefix = "lock";
  std::chrono::milliseconds ttl{10'000};
  // Who waits tries again after a time between the half and the whole of this.
  std::chrono::milliseconds retry_interval{50};
  WaitClock* clock = nullptr;  // by which acquire() waits; null: the system's
};

class HeldLock {
 public:
  HeldLock(HeldLock&& other) noexcept;
  HeldLock& operator=(HeldLock&&) = delete;
  // Releases it, if it is still held; failures are ignored: it ends by itself.
  ~HeldLock();

  // Greater than that of every holder before, whatever the store has forgotten.
  uint64_t fence() const { return fence_; }
  // The ttl begins anew. False: it is not held any more.
  result<bool> extend();
  // False: it was not held any more.
  result<bool> release();

 private:
  friend class DistributedLock;
  HeldLock(Client client, std::string key, std::string token, uint64_t fence, std::chrono::milliseconds ttl)
      : client_(std::move(client)), key_(std::move(key)), token_(std::move(token)), fence_(fence), ttl_(ttl) {}

  Client client_;
  std::string key_, token_;
  uint64_t fence_;
  std::chrono::milliseconds ttl_;
  bool is_released_ = false;
};

class DistributedLock {
 public:
  DistributedLock(Client client, std::string_view name, LockOptions options = {});
  // Nothing: another has it. Errors: invalid_argument for a ttl below 1 ms.
  result<std::optional<HeldLock>> try_acquire();
  // Waits for it; nothing: not within `wait`. Errors: the same for a retry_interval below 1 ms.
  result<std::optional<HeldLock>> acquire(std::chrono::milliseconds wait);

 private:
  Client client_;
  const std::string key_;
  const LockOptions options_;
};

}  // namespace redstart
