#include "client/remote/parking.h"

#include <linux/futex.h>
#include <sched.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>

namespace redstart::remote {
namespace {

// 0: waking, or the word was another; otherwise errno.
int sleep_while(std::atomic<uint32_t>& word, uint32_t value, SteadyClock::time_point deadline) {
  timespec at;
  timespec* until = nullptr;
  if (deadline != kNever) {
    // The clock of futexes is that of SteadyClock.
    const auto ns = std::chrono::nanoseconds(deadline.time_since_epoch()).count();
    at = {ns / 1'000'000'000, ns % 1'000'000'000};
    until = &at;
  }
  const long slept = ::syscall(SYS_futex, &word, FUTEX_WAIT_BITSET_PRIVATE, value, until, nullptr,
                               FUTEX_BITSET_MATCH_ANY);
  return slept == 0 ? 0 : errno;
}

}  // namespace

bool Parking::yield_until_told(int yields_max) const {
  for (int i = 0; i < yields_max; ++i) {
    if (is_told()) return true;
    ::sched_yield();
  }
  return is_told();
}

bool Parking::wait(SteadyClock::time_point deadline) {
  uint32_t seen = kQuiet;
  if (!word_.compare_exchange_strong(seen, kAsleep, std::memory_order_acquire) && seen == kTold) return true;
  while (!is_told()) {
    if (sleep_while(word_, kAsleep, deadline) == ETIMEDOUT) return is_told();
  }
  return true;
}

void Parking::tell() {
  if (word_.exchange(kTold, std::memory_order_release) != kAsleep) return;
  ::syscall(SYS_futex, &word_, FUTEX_WAKE_PRIVATE, 1, nullptr, nullptr, 0);
}

}  // namespace redstart::remote
