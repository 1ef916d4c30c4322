#include "redstart/patterns/clock.h"

#include "base/clock.h"

namespace redstart {

int64_t unix_time_ms(const UnixClock& clock) { return clock ? clock() : SystemClock().unix_time_ms(); }

}  // namespace redstart
