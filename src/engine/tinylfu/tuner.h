// Tuner: finds out which tuning of the tinylfu policy suits what clients do, by trying all of them at once on
// miniatures of the cache (after Waldspurger, Saemundsson, Ahmad, Park 2017). A miniature sees the keys
// whose hash says so, one in 2^n, and keeps 2^n times fewer keys than the store: its hit ratio is close to the
// one that the store would have. The tuning with the most hits of late is the store's from then on.
//
// Threads: thread-compatible. Memory: about 60 KiB, whatever the size of the store.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include "base/random.h"
#include "engine/tinylfu/miniature.h"

namespace redstart {

class Tuner {
 public:
  // For popularity that stays; for popularity that stays and needs fine counts; for recency.
  static constexpr std::array<TinyLfuTuning, 3> kTunings{{
      {.window_permille = 10, .count_max = 4, .period_uses = 20},
      {.window_permille = 10, .count_max = 7, .period_uses = 40},
      {.window_permille = 300, .count_max = 3, .period_uses = 4},
  }};

  // How many keys the store keeps. A number that is far from the last one starts the miniatures anew.
  void fit(size_t keys);
  // One of 2^shift() keys is to be told of, those with is_sampled().
  int shift() const { return shift_; }
  static bool is_sampled(uint64_t hash, int shift) {
    return (hash >> 20 & ((uint64_t{1} << shift) - 1)) == 0;
  }
  void use(uint64_t hash, Random& random);
  const TinyLfuTuning& best() const { return kTunings[best_]; }
  size_t memory_bytes() const;

 private:
  static constexpr size_t kMiniatureKeysMax = 512;
  static constexpr size_t kRoundUses = 8;  // per key of a miniature; then what was scored counts half

  void finish_round();

  size_t capacity_ = 0;
  int shift_ = 0;
  std::vector<Miniature> miniatures_;  // one for each tuning, or none yet
  std::array<uint64_t, kTunings.size()> scores_{};
  uint64_t uses_ = 0;
  size_t best_ = 0;
};

}  // namespace redstart
