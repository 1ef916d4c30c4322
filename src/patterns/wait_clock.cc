#include "redstart/patterns/wait_clock.h"

namespace redstart {

void WaitClock::sleep_until(TimePoint until) {
  std::mutex mutex;
  std::condition_variable never;
  std::unique_lock lock(mutex);
  while (now() < until) wait_until(lock, never, until);
}

WaitClock& WaitClock::system() {
  static WaitClock clock;
  return clock;
}

}  // namespace redstart
