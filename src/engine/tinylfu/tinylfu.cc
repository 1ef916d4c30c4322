#include "engine/tinylfu/tinylfu.h"

#include <algorithm>

namespace redstart {

uint32_t TinyLfu::on_insert(int db, uint64_t hash, GhostTable& ghosts, Random& random) {
  count_use(hash, random);
  const uint32_t known = ghosts.take(hash, now_period());
  const uint32_t count = std::min(known + 1, count_max_.load(std::memory_order_relaxed));
  // While the store fills and nothing is evicted, the window fills once; then keys go past it.
  const bool enters = !window_is_overfull();
  if (enters) {
    Queue& queue = queues_[hash % kQueues];
    const std::lock_guard lock(queue.lock);
    queue.keys.push_back({hash, db});
    window_count_.fetch_add(1, std::memory_order_relaxed);
  }
  return FrequencyMark(count, enters, now_tick()).bits();
}

std::optional<TinyLfu::WindowKey> TinyLfu::pop_window() {
  for (size_t tried = 0; tried < kQueues; ++tried) {
    Queue& queue = queues_[next_queue_.fetch_add(1, std::memory_order_relaxed) % kQueues];
    const std::lock_guard lock(queue.lock);
    if (queue.keys.empty()) continue;
    const WindowKey key = queue.keys.front();
    queue.keys.pop_front();
    window_count_.fetch_sub(1, std::memory_order_relaxed);
    return key;
  }
  return std::nullopt;
}

// The tick is a hint for all threads: that two move it at once and one step is lost does no harm.
void TinyLfu::advance_clock() {
  const uint64_t uses = uses_.fetch_add(kUsesCounted, std::memory_order_relaxed) + kUsesCounted;
  if (uses < uses_per_tick_.load(std::memory_order_relaxed)) return;
  uses_.store(0, std::memory_order_relaxed);
  tick_.fetch_add(1, std::memory_order_relaxed);
}

void TinyLfu::sample(uint64_t hash, Random& random) {
  if (!tuner_lock_.try_lock()) return;  // a lost sample is one less
  const TinyLfuTuning* before = &tuner_.best();
  tuner_.use(hash, random);
  if (&tuner_.best() != before) take_over_tuning();
  tuner_lock_.unlock();
}

void TinyLfu::fit(size_t keys) {
  const std::lock_guard lock(tuner_lock_);
  keys_ = std::max<size_t>(keys, 1);
  tuner_.fit(keys_);
  sampling_shift_.store(tuner_.shift(), std::memory_order_relaxed);
  take_over_tuning();
}

void TinyLfu::take_over_tuning() {
  const TinyLfuTuning& tuning = tuner_.best();
  const uint64_t per_tick = keys_ * tuning.period_uses / FrequencyMark::kTicksPerPeriod;
  count_max_.store(tuning.count_max, std::memory_order_relaxed);
  uses_per_tick_.store(per_tick, std::memory_order_relaxed);
  window_target_.store(std::max<size_t>(1, keys_ * tuning.window_permille / 1000),
                       std::memory_order_relaxed);
}

size_t TinyLfu::memory_bytes() const {
  const std::lock_guard lock(tuner_lock_);
  return sizeof *this + tuner_.memory_bytes() + window_count() * sizeof(WindowKey);
}

}  // namespace redstart
