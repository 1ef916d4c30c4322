#include "base/cycle_clock.h"

#include <chrono>

namespace redstart {

double CycleClock::cycles_per_ns() {
#if defined(__x86_64__)
  static const double ratio = [] {
    using Steady = std::chrono::steady_clock;
    const auto start = Steady::now();
    const uint64_t start_cycles = now();
    // Five milliseconds resolve the ratio to about one in 10^5.
    while (Steady::now() - start < std::chrono::milliseconds(5)) {
    }
    const uint64_t cycles = now() - start_cycles;
    const std::chrono::duration<double, std::nano> elapsed = Steady::now() - start;
    return static_cast<double>(cycles) / elapsed.count();
  }();
  return ratio;
#else
  return 1.0;
#endif
}

}  // namespace redstart
