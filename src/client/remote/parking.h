// Parking: where one thread waits for another's word, without a mutex.
//
// Whoever speaks pays for a system call only when the other sleeps; whoever waits may give way to
// other threads for a while before it sleeps.
//
// Threads: one waits, any one tells, once. Ownership: none.
#pragma once

#include <atomic>
#include <cstdint>

#include "client/remote/socket.h"

namespace redstart::remote {

class Parking {
 public:
  // Waits until told, at most until `deadline`: false. REQUIRES: not told and waited for before.
  bool wait(SteadyClock::time_point deadline);
  // Gives way to other threads, this often at most. Whether it was told meanwhile.
  bool yield_until_told(int yields_max) const;
  bool is_told() const { return word_.load(std::memory_order_acquire) == kTold; }
  // What was written before is seen by the thread that waits.
  void tell();

 private:
  enum : uint32_t { kQuiet, kAsleep, kTold };
  std::atomic<uint32_t> word_{kQuiet};
};

}  // namespace redstart::remote
