// Stripes: counters that many threads count at without disturbing each other. Each thread counts in a stripe of its
// own choice; a snapshot holds all stripes still, so that its numbers are of one moment.
//
// Threads: thread-safe.
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <mutex>

namespace redstart {

template <class Counter, size_t kCounters>
class Stripes {
 public:
  void add(std::initializer_list<Counter> counters) {
    Stripe& stripe = stripes_[index()];
    const std::lock_guard lock(stripe.mutex);
    for (const Counter counter : counters) ++stripe.counts[static_cast<size_t>(counter)];
  }
  void add(Counter counter) { add({counter}); }
  // Each of `counters` once and `repeated` that often, in one moment.
  void add(std::initializer_list<Counter> counters, Counter repeated, uint64_t times) {
    Stripe& stripe = stripes_[index()];
    const std::lock_guard lock(stripe.mutex);
    for (const Counter counter : counters) ++stripe.counts[static_cast<size_t>(counter)];
    stripe.counts[static_cast<size_t>(repeated)] += times;
  }

  std::array<uint64_t, kCounters> sum() const {
    for (const Stripe& stripe : stripes_) stripe.mutex.lock();
    std::array<uint64_t, kCounters> sum{};
    for (const Stripe& stripe : stripes_) {
      for (size_t i = 0; i < kCounters; ++i) sum[i] += stripe.counts[i];
    }
    for (const Stripe& stripe : stripes_) stripe.mutex.unlock();
    return sum;
  }

 private:
  static constexpr size_t kStripes = 16;
  struct alignas(64) Stripe {
    mutable std::mutex mutex;
    std::array<uint64_t, kCounters> counts{};
  };
  static size_t index() {
    static std::atomic<size_t> next{0};
    thread_local const size_t mine = next++ % kStripes;
    return mine;
  }

  std::array<Stripe, kStripes> stripes_;
};

}  // namespace redstart
