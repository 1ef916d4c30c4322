// Graveyard: values that no key holds any more and that are too large to be freed under a shard's lock. They are
// taken apart here piece by piece, with no lock held; what came free is taken off the shard's account after
// each piece.
//
// Threads: thread-safe. Ownership: owns what is buried.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <mutex>
#include <vector>

#include "engine/keyspace.h"

namespace redstart {

class Graveyard {
 public:
  explicit Graveyard(Keyspace& keyspace) : keyspace_(keyspace) {}
  ~Graveyard();
  Graveyard(const Graveyard&) = delete;

  // How many elements make freeing a value noticeable, and how long a string.
  static constexpr size_t kElements = 1000, kStringBytes = 1 << 20;
  // Whether a value is better buried than destroyed at once: it has more than `elements_max` elements, each with
  // an allocation of its own.
  static bool is_large(const Entry& entry, size_t elements_max = kElements);

  // Takes over an entry that has left its shard's table. REQUIRES: the shard is locked.
  void bury(size_t shard_index, Entry* entry) { bury(shard_index, entry, announce(*entry)); }
  // The same in two steps, for one that somebody else still reads. In between it counts as one that waits.
  int64_t announce(const Entry& entry);
  void bury(size_t shard_index, Entry* entry, int64_t announced_bytes);
  // Frees a piece of what is buried; false: there is nothing. REQUIRES: no shard is locked by this thread.
  bool free_piece();

  // Values that wait, values that are gone, and about how many bytes the former still take.
  size_t pending_count() const { return pending_count_.load(std::memory_order_relaxed); }
  uint64_t freed_count() const { return freed_count_.load(std::memory_order_relaxed); }
  int64_t pending_bytes() const { return pending_bytes_.load(std::memory_order_relaxed); }

 private:
  static constexpr size_t kElementsAtOnce = 1000;
  static constexpr size_t kSamples = 16;
  struct Grave {
    Entry* entry;
    size_t shard_index;
    int64_t estimated_bytes;  // that it still counts for in pending_bytes_
  };

  Keyspace& keyspace_;
  std::atomic<size_t> pending_count_{0};
  std::atomic<uint64_t> freed_count_{0};
  std::atomic<int64_t> pending_bytes_{0};
  std::mutex mutex_;  // guards the graves; taken after shard locks
  std::vector<Grave> graves_;
};

}  // namespace redstart
