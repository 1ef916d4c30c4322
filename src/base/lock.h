// ShardLock: a small mutex for holds of nanoseconds. An uncontended lock costs one atomic exchange; a
// contended one spins shortly and then sleeps in the kernel, so that a preempted holder costs no
// processor time.
//
// Threads: thread-safe. Not recursive. Works with std::lock_guard.
#pragma once

#include <atomic>
#include <cstdint>

#if defined(__x86_64__)
#include <immintrin.h>
#endif

namespace redstart {

class ShardLock {
 public:
  void lock() {
    uint32_t expected = kFree;
    if (state_.compare_exchange_strong(expected, kHeld, std::memory_order_acquire)) [[likely]] {
      return;
    }
    lock_slowly();
  }
  bool try_lock() {
    uint32_t expected = kFree;
    return state_.compare_exchange_strong(expected, kHeld, std::memory_order_acquire);
  }
  void unlock() {
    if (state_.exchange(kFree, std::memory_order_release) == kContended) [[unlikely]] {
      state_.notify_one();
    }
  }

 private:
  static constexpr uint32_t kFree = 0, kHeld = 1, kContended = 2;  // contended: somebody may sleep
  static constexpr int kSpins = 100;

  static void pause() {
#if defined(__x86_64__)
    _mm_pause();
#endif
  }
  void lock_slowly() {
    for (int spin = 0; spin < kSpins; ++spin) {
      if (state_.load(std::memory_order_relaxed) == kFree && try_lock()) return;
      pause();
    }
    while (state_.exchange(kContended, std::memory_order_acquire) != kFree) {
      state_.wait(kContended, std::memory_order_relaxed);
    }
  }

  std::atomic<uint32_t> state_{kFree};
};

}  // namespace redstart
