#include "engine/tinylfu/tuner.h"

#include <algorithm>

namespace redstart {

void Tuner::fit(size_t keys) {
  int shift = 0;
  while (keys >> shift > kMiniatureKeysMax) ++shift;
  const size_t capacity = std::max<size_t>(keys >> shift, 1);
  const bool fits = shift == shift_ && capacity * 4 >= capacity_ * 3 && capacity * 4 <= capacity_ * 5;
  if (fits) return;
  shift_ = shift;
  capacity_ = capacity;
  miniatures_.clear();
  for (const TinyLfuTuning& tuning : kTunings) miniatures_.emplace_back(capacity, tuning);
}

void Tuner::use(uint64_t hash, Random& random) {
  for (size_t i = 0; i < miniatures_.size(); ++i) scores_[i] += miniatures_[i].use(hash, random);
  if (++uses_ >= kRoundUses * capacity_) finish_round();
}

void Tuner::finish_round() {
  for (size_t i = 0; i < scores_.size(); ++i) {
    if (scores_[i] > scores_[best_]) best_ = i;
  }
  for (uint64_t& score : scores_) score /= 2;
  uses_ /= 2;
}

size_t Tuner::memory_bytes() const {
  size_t bytes = 0;
  for (const Miniature& miniature : miniatures_) bytes += miniature.memory_bytes();
  return bytes;
}

}  // namespace redstart
