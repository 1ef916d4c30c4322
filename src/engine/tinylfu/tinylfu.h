// TinyLfu: what the tinylfu policies know about a store's keys beside what the keys and the shards' ghost tables
// know themselves: the window's order, the clock, the tuning. See miniature.h for the policy.
//
// Commands tell of uses and new keys under the lock of the key's shard; eviction (one thread at a time) takes keys
// out of the window and looks for victims. The clock counts uses: each thread counts one use in 64 as 64.
//
// Threads: thread-safe. Its own locks are taken after shard locks and hold no others.
// Memory: 16 bytes for each key in the window (at most 30 % of the keys, usually 1 %), the tuner's miniatures, and
// 4 bytes a key in ghost tables, which are the shards'.
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <mutex>
#include <optional>

#include "base/lock.h"
#include "base/random.h"
#include "engine/tinylfu/frequency.h"
#include "engine/tinylfu/ghost_table.h"
#include "engine/tinylfu/tuner.h"

namespace redstart {

class TinyLfu {
 public:
  struct WindowKey {
    uint64_t hash;
    int db;
  };

  // --- For commands.

  // The access bits of a key after one more use.
  uint32_t on_use(uint32_t access, uint64_t hash, Random& random) {
    count_use(hash, random);
    return FrequencyMark(access).used(now_tick(), count_max_.load(std::memory_order_relaxed)).bits();
  }
  // The access bits of a new key, which enters the window. `ghosts` is its shard's.
  uint32_t on_insert(int db, uint64_t hash, GhostTable& ghosts, Random& random);

  // --- For eviction.

  uint32_t now_tick() const { return tick_.load(std::memory_order_relaxed); }
  uint32_t now_period() const { return now_tick() / FrequencyMark::kTicksPerPeriod; }
  // How many keys the policy has to do with; to be told now and then. Until then, time stands still.
  void fit(size_t keys);
  bool window_is_full() const { return window_count() >= window_target(); }
  // It has far more keys than it should: after a change of tuning.
  bool window_is_overfull() const { return window_count() > 2 * window_target() + kWindowSlack; }
  // The key that is in the window for longest (about so: there are several queues).
  std::optional<WindowKey> pop_window();
  // Whether a key of the main part (or one whose place in the window was lost).
  bool is_main(uint32_t access) const {
    const FrequencyMark mark(access);
    return !mark.in_window() || mark.age_ticks(now_tick()) > kWindowTicksMax;
  }
  size_t memory_bytes() const;

 private:
  static constexpr size_t kQueues = 8;
  static constexpr size_t kWindowSlack = 64;
  static constexpr uint32_t kWindowTicksMax = 64;
  static constexpr uint32_t kUsesCounted = 64;

  struct alignas(64) Queue {
    mutable ShardLock lock;
    std::deque<WindowKey> keys;
  };

  size_t window_count() const { return window_count_.load(std::memory_order_relaxed); }
  size_t window_target() const { return window_target_.load(std::memory_order_relaxed); }
  void count_use(uint64_t hash, Random& random) {
    if ((random.next() & (kUsesCounted - 1)) == 0) advance_clock();
    if (Tuner::is_sampled(hash, sampling_shift_.load(std::memory_order_relaxed))) sample(hash, random);
  }
  void advance_clock();
  void sample(uint64_t hash, Random& random);
  // REQUIRES: tuner_lock_ is held.
  void take_over_tuning();

  std::atomic<uint32_t> tick_{0};
  std::atomic<uint32_t> count_max_{FrequencyMark::kCountMax};
  std::atomic<int> sampling_shift_{0};
  std::atomic<uint64_t> uses_per_tick_{~uint64_t{0}};
  std::atomic<size_t> window_count_{0};
  std::atomic<size_t> window_target_{1};
  alignas(64) std::atomic<uint64_t> uses_{0};  // since the last tick
  std::array<Queue, kQueues> queues_;
  std::atomic<size_t> next_queue_{0};
  mutable ShardLock tuner_lock_;  // guards the following
  Tuner tuner_;
  size_t keys_ = 1;
};

}  // namespace redstart
