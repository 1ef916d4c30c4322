// CycleClock: durations of single commands at a cost of a few nanoseconds (the processor's invariant
// time stamp counter), converted to nanoseconds when they are read.
//
// Threads: thread-safe.
#pragma once

#include <cstdint>

#if defined(__x86_64__)
#include <x86intrin.h>
#else
#include <time.h>
#endif

namespace redstart {

class CycleClock {
 public:
  static uint64_t now() {
#if defined(__x86_64__)
    return __rdtsc();
#else
    timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return static_cast<uint64_t>(now.tv_sec) * 1'000'000'000 + static_cast<uint64_t>(now.tv_nsec);
#endif
  }
  // Cycles per nanosecond, measured once against the monotonic clock.
  static double cycles_per_ns();
  static uint64_t to_ns(uint64_t cycles) {
    return static_cast<uint64_t>(static_cast<double>(cycles) / cycles_per_ns());
  }
  static uint64_t from_ns(uint64_t ns) {
    return static_cast<uint64_t>(static_cast<double>(ns) * cycles_per_ns());
  }
};

}  // namespace redstart
