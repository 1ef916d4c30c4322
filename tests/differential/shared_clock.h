// SharedClock: the wall clock of both servers, which stands still until the comparison moves it.
//
// A file of eight bytes, microseconds since 1970, that preload/shared_clock.cc maps into the
// servers. With it, times to live are compared to the millisecond and keys expire between two
// commands of our choice.
//
// Threads: thread-compatible; the servers see each change at once.
#pragma once

#include <atomic>
#include <cstdint>
#include <string>

namespace redstart::oracle {

class SharedClock {
 public:
  // Maps the file, which must hold eight bytes. Throws std::invalid_argument.
  explicit SharedClock(const std::string& path);
  ~SharedClock();
  SharedClock(const SharedClock&) = delete;
  SharedClock& operator=(const SharedClock&) = delete;

  int64_t now_ms() const { return now_us_->load() / 1000; }
  // Returns when both servers' own copies of the time, which they renew every 2 ms, follow.
  void set_ms(int64_t unix_ms);
  // A step that wakes only those who wait for a timeout: returns at once.
  void advance_ms(int64_t ms) { now_us_->fetch_add(ms * 1000); }

 private:
  std::atomic<int64_t>* now_us_;
};

}  // namespace redstart::oracle
