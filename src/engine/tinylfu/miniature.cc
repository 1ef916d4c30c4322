#include "engine/tinylfu/miniature.h"

#include <algorithm>
#include <bit>

namespace redstart {

Miniature::Miniature(size_t capacity, const TinyLfuTuning& tuning)
    : capacity_(capacity), tuning_(tuning), index_(std::bit_ceil(capacity * 2)) {
  kept_.reserve(capacity);
  ghosts_.fit(capacity);
}

size_t Miniature::memory_bytes() const {
  return kept_.capacity() * sizeof(Kept) + index_.size() * sizeof(uint32_t) +
         window_.size() * sizeof(uint64_t) + ghosts_.memory_bytes();
}

void Miniature::advance_clock() {
  const uint64_t per_tick = capacity_ * tuning_.period_uses / FrequencyMark::kTicksPerPeriod;
  if (++uses_ < per_tick) return;
  uses_ = 0;
  ++tick_;
}

size_t Miniature::place_of(uint64_t hash) const {
  const size_t mask = index_.size() - 1;
  size_t place = (hash * 0x9e3779b97f4a7c15) >> 32 & mask;
  while (index_[place] != 0 && kept_[index_[place] - 1].hash != hash) place = (place + 1) & mask;
  return place;
}

bool Miniature::use(uint64_t hash, Random& random) {
  advance_clock();
  if (const uint32_t position = index_[place_of(hash)]) {
    FrequencyMark& mark = kept_[position - 1].mark;
    mark = mark.used(tick_, tuning_.count_max);
    return true;
  }
  if (kept_.size() == capacity_) make_room(random);
  insert(hash);
  return false;
}

void Miniature::insert(uint64_t hash) {
  const uint32_t count = std::min(ghosts_.take(hash, period()) + 1, tuning_.count_max);
  kept_.push_back({hash, FrequencyMark(count, true, tick_)});
  index_[place_of(hash)] = static_cast<uint32_t>(kept_.size());
  window_.push_back(hash);
}

// The oldest key of the window, which it leaves.
size_t Miniature::pop_window() {
  const size_t at = index_[place_of(window_.front())] - 1;
  window_.pop_front();
  kept_[at].mark = kept_[at].mark.out_of_window();
  return at;
}

size_t Miniature::find_victim(Random& random) const {
  size_t least = kNone;
  size_t found = 0;
  for (size_t tried = 0; tried < 8 * kSamples && found < kSamples; ++tried) {
    const size_t at = random.below(kept_.size());
    if (kept_[at].mark.in_window()) continue;
    ++found;
    if (least == kNone || kept_[at].mark.is_worth_less_than(kept_[least].mark, tick_)) least = at;
  }
  return least;
}

void Miniature::make_room(Random& random) {
  const size_t target = std::max<size_t>(1, capacity_ * tuning_.window_permille / 1000);
  while (window_.size() > target) pop_window();  // the share has become smaller, or the cache was filled just now
  if (window_.size() < target) {
    const size_t victim = find_victim(random);
    return evict(victim == kNone ? pop_window() : victim, random);
  }
  const size_t candidate = pop_window();
  const size_t victim = find_victim(random);
  const bool admitted = victim != kNone && kept_[candidate].mark.count(tick_) >
                                               kept_[victim].mark.count(tick_);
  evict(admitted ? victim : candidate, random);
}

void Miniature::evict(size_t at, Random& random) {
  const Kept gone = kept_[at];
  ghosts_.put(gone.hash, gone.mark.count(tick_), period(), random);
  unindex(gone.hash);
  if (at + 1 != kept_.size()) {
    index_[place_of(kept_.back().hash)] = static_cast<uint32_t>(at + 1);
    kept_[at] = kept_.back();
  }
  kept_.pop_back();
}

// Later ones of the run move up, so that it has no gap.
void Miniature::unindex(uint64_t hash) {
  const size_t mask = index_.size() - 1;
  size_t gap = place_of(hash);
  index_[gap] = 0;
  for (size_t at = (gap + 1) & mask; index_[at] != 0; at = (at + 1) & mask) {
    const uint32_t position = index_[at];
    index_[at] = 0;
    index_[place_of(kept_[position - 1].hash)] = position;
  }
}

}  // namespace redstart
