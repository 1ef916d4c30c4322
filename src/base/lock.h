// ShardLock: a small mutex for holds of nanoseconds. An uncontended lock costs one atomic exchange; a
// contended one spins shortly and then sleeps in the kernel, so that a preempted holder costs no
// processor time.
//
// A holder that will keep it for long (a script that does not end) says so with mark_stuck(): then those
// give up that wait with lock_unless_stuck(), also those that wait already.
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
    if (!try_lock()) [[unlikely]] lock_slowly(false);
  }
  // False: the holder has marked it stuck.
  bool lock_unless_stuck() {
    if (try_lock()) [[likely]] return true;
    return lock_slowly(true);
  }
  bool try_lock() {
    uint32_t expected = kFree;
    return state_.compare_exchange_strong(expected, kHeld, std::memory_order_acquire);
  }
  // Tries for about as long as an ordinary hold lasts.
  bool try_lock_shortly() {
    for (int spin = 0; spin < kSpins; ++spin) {
      if (state_.load(std::memory_order_relaxed) == kFree && try_lock()) return true;
      pause();
    }
    return false;
  }
  void unlock() {
    if (state_.exchange(kFree, std::memory_order_release) >= kContended) [[unlikely]] {
      state_.notify_one();
    }
  }
  // Whether somebody may sleep until it is free. Who takes a lock again and again asks before letting go: it would be
  // back before a sleeper is awake.
  bool is_awaited() const { return state_.load(std::memory_order_relaxed) >= kContended; }
  // REQUIRES: held by the caller.
  void mark_stuck() {
    if (state_.exchange(kStuck, std::memory_order_relaxed) == kContended) state_.notify_all();
  }

 private:
  // Contended: somebody may sleep. Stuck: the same, and it will take long.
  static constexpr uint32_t kFree = 0, kHeld = 1, kContended = 2, kStuck = 3;
  static constexpr int kSpins = 100;

  static void pause() {
#if defined(__x86_64__)
    _mm_pause();
#endif
  }
  bool lock_slowly(bool gives_up) {
    if (try_lock_shortly()) return true;
    while (true) {
      uint32_t seen = state_.load(std::memory_order_relaxed);
      if (seen == kStuck && gives_up) return false;
      if (seen == kFree) {
        if (state_.compare_exchange_weak(seen, kContended, std::memory_order_acquire)) return true;
        continue;
      }
      const uint32_t awaited = seen == kStuck ? kStuck : kContended;
      if (seen == kHeld && !state_.compare_exchange_weak(seen, kContended, std::memory_order_relaxed)) continue;
      state_.wait(awaited, std::memory_order_relaxed);
    }
  }

  std::atomic<uint32_t> state_{kFree};
};

}  // namespace redstart
