// How the scripts of patterns know what time it is: ARGV[1] is the injected time in Unix milliseconds, or empty, then
// it is the server's.
//
// Threads: constants.
#pragma once

#include <string>

#include "redstart/patterns/clock.h"

namespace redstart {

// The first lines of such a script: the local `now`, in milliseconds.
#define REDSTART_SCRIPT_NOW                                                     \
  "local now = tonumber(ARGV[1])\n"                                             \
  "if not now then\n"                                                           \
  "  local time = redis.call('TIME')\n"                                         \
  "  now = tonumber(time[1]) * 1000 + math.floor(tonumber(time[2]) / 1000)\n"   \
  "end\n"

// ARGV[1] of such a script.
inline std::string script_time(const UnixClock& clock) { return clock ? std::to_string(clock()) : std::string(); }

}  // namespace redstart
