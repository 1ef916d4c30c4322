#include "redstart/patterns/wait_clock.h"

namespace redstart {

WaitClock& WaitClock::system() {
  static WaitClock clock;
  return clock;
}

}  // namespace redstart
