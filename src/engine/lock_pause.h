// How long somebody who takes a shard's lock again and again sleeps in between, when others wait for it: they sleep,
// too, and would come too late else.
//
// Threads: immutable.
#pragma once

#include <chrono>

namespace redstart {

inline constexpr std::chrono::microseconds kLockPause{100};

}  // namespace redstart
