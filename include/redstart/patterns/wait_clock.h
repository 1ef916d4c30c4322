// WaitClock: the time that background work waits by, injected, so that a test decides when an interval is over.
//
//   redstart::ManualWaitClock clock;
//   redstart::AsyncBatchWriter writer(client, {.flush_interval = std::chrono::hours(1), .clock = &clock});
//   writer.start();
//   clock.advance(std::chrono::hours(1));   // the flush is due
//
// Threads: thread-safe. Ownership: whoever is given a clock borrows it; it must live longer.
#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <mutex>

namespace redstart {

class WaitClock {
 public:
  using TimePoint = std::chrono::steady_clock::time_point;

  virtual ~WaitClock() = default;
  virtual TimePoint now() const { return std::chrono::steady_clock::now(); }
  // Waits until `changed` is notified or `until` has come. May return before either: callers look again.
  virtual void wait_until(std::unique_lock<std::mutex>& lock, std::condition_variable& changed, TimePoint until) {
    if (until == TimePoint::max()) {
      changed.wait(lock);
    } else {
      changed.wait_until(lock, until);
    }
  }

  void sleep_until(TimePoint until);

  // The system's.
  static WaitClock& system();
};

// Stands still until it is told to move. Who waits by it looks at it a thousand times a second: for tests.
class ManualWaitClock final : public WaitClock {
 public:
  TimePoint now() const override { return TimePoint(std::chrono::nanoseconds(now_ns_.load())); }
  void wait_until(std::unique_lock<std::mutex>& lock, std::condition_variable& changed, TimePoint until) override {
    if (now() < until) changed.wait_for(lock, std::chrono::milliseconds(1));
  }
  void advance(std::chrono::nanoseconds by) { now_ns_ += by.count(); }

 private:
  std::atomic<int64_t> now_ns_{1'000'000'000'000};
};

}  // namespace redstart
