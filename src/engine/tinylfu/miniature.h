// Miniature: a whole cache under the tinylfu policy that keeps the hashes of its keys and nothing else: what would
// the hit ratio be with this tuning? It is also the policy's plainest statement.
//
//   insert --> window (FIFO, a share of the keys) --> contest --> main (in no order)
//                                                        |           |
//                                                        +-- evict --+--> ghosts: counts of evicted keys
//
// A new key goes through the window, where recency alone keeps it. The key that leaves the window at its end meets
// a victim: the least used of a few random keys of the main part. The more often used one stays. So keys
// that are used once (scans, loops) go without having displaced anything (after TinyLFU; Einziger, Friedman,
// Manes 2017). Where the paper asks a sketch how often a key was used, here the key itself knows while it is
// kept, and the ghosts know when it comes back: using a key touches nothing but the key.
//
// Threads: thread-compatible.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <vector>

#include "base/random.h"
#include "engine/tinylfu/frequency.h"
#include "engine/tinylfu/ghost_table.h"

namespace redstart {

class Miniature {
 public:
  // REQUIRES: capacity > 0.
  Miniature(size_t capacity, const TinyLfuTuning& tuning);
  // One use of a key. Whether it was kept.
  bool use(uint64_t hash, Random& random);
  void set_tuning(const TinyLfuTuning& tuning) { tuning_ = tuning; }
  size_t memory_bytes() const;

  static constexpr size_t kSamples = 6;

 private:
  struct Kept {
    uint64_t hash;
    FrequencyMark mark;
  };
  static constexpr size_t kNone = ~size_t{0};

  uint32_t period() const { return tick_ / FrequencyMark::kTicksPerPeriod; }
  void advance_clock();
  void insert(uint64_t hash);
  void make_room(Random& random);
  size_t pop_window();
  size_t find_victim(Random& random) const;
  void evict(size_t at, Random& random);
  // A place in the index: that of the hash, or the free one where it belongs.
  size_t place_of(uint64_t hash) const;
  void unindex(uint64_t hash);

  const size_t capacity_;
  TinyLfuTuning tuning_;
  std::vector<Kept> kept_;
  std::vector<uint32_t> index_;  // open addressing: 1 + the position in kept_, 0: free
  std::deque<uint64_t> window_;
  GhostTable ghosts_;
  uint32_t tick_ = 0;
  uint64_t uses_ = 0;  // since the last tick
};

}  // namespace redstart
