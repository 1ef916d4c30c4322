// Clock: the time, injected, so that tests and simulations decide what time it is.
//
// Threads: thread-safe.
#pragma once

#include <time.h>

#include <atomic>
#include <cstdint>

namespace redstart {

class Clock {
 public:
  virtual ~Clock() = default;
  virtual int64_t unix_time_us() const = 0;       // wall clock
  virtual int64_t monotonic_time_ns() const = 0;  // for durations

  int64_t unix_time_ms() const { return unix_time_us() / 1000; }
  int64_t monotonic_time_us() const { return monotonic_time_ns() / 1000; }
};

class SystemClock final : public Clock {
 public:
  int64_t unix_time_us() const override { return read_ns(CLOCK_REALTIME) / 1000; }
  int64_t monotonic_time_ns() const override { return read_ns(CLOCK_MONOTONIC); }

 private:
  static int64_t read_ns(clockid_t id) {
    timespec now;
    clock_gettime(id, &now);
    return now.tv_sec * 1'000'000'000 + now.tv_nsec;
  }
};

// Stands still until it is told to move.
class ManualClock final : public Clock {
 public:
  explicit ManualClock(int64_t unix_time_ms = 1'700'000'000'000) : now_us_(unix_time_ms * 1000) {}
  int64_t unix_time_us() const override { return now_us_.load(std::memory_order_relaxed); }
  int64_t monotonic_time_ns() const override { return unix_time_us() * 1000; }
  void advance_ms(int64_t ms) { now_us_.fetch_add(ms * 1000, std::memory_order_relaxed); }

 private:
  std::atomic<int64_t> now_us_;
};

}  // namespace redstart
