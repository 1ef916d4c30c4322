// What time it is, as the patterns take it: injected, so that a test decides when something is old.
//
//   int64_t now_ms = 1'700'000'000'000;
//   redstart::Cache cache(client, {.clock = [&] { return now_ms; }});
//
// Threads: a clock is called by many threads at once.
#pragma once

#include <cstdint>
#include <functional>

namespace redstart {

// Milliseconds since 1970 in UTC. An empty one stands for the system's clock; where a pattern compares times inside
// the store, for the store's.
using UnixClock = std::function<int64_t()>;

// What `clock` says, or the system's clock when it is empty.
int64_t unix_time_ms(const UnixClock& clock);

}  // namespace redstart
