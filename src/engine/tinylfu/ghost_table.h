// GhostTable: how often keys were used that have been evicted, so that a key that comes back is known.
//
// Slots of 16 bits in sets of four, two slots for each key that is kept: 4 bytes a key. A slot holds
// a fingerprint (9 bits), a count (3) and the period in which it was put (4). Two keys of a set share a fingerprint
// once in 512: then one is taken for the other, which costs a wrong guess and nothing else.
//
// Threads: shard-local. Memory from heap::.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "base/heap.h"
#include "base/random.h"

namespace redstart {

class GhostTable {
 public:
  // Makes room for the ghosts of a shard that holds this many keys. What is remembered stays, unless the table
  // becomes smaller. Cost: O(1) while the number of keys stays within a factor of two.
  void fit(size_t keys);
  // Forgets the key, and returns its count as it is worth now; 0: not known.
  uint32_t take(uint64_t hash, uint32_t period);
  // Remembers the key; one that is worth little goes for it.
  void put(uint64_t hash, uint32_t count, uint32_t period, Random& random);
  void clear();
  size_t memory_bytes() const {
    return slots_.empty() ? 0 : heap::allocated_size(slots_.size() * sizeof(uint16_t));
  }

 private:
  static constexpr size_t kSetSlots = 4;
  static uint32_t worth(uint16_t slot, uint32_t period);
  static uint16_t fingerprint_of(uint64_t hash) { return static_cast<uint16_t>(hash >> 41 << 7); }
  uint16_t* set_of(uint64_t hash) {
    return &slots_[(hash >> 8 & (slots_.size() / kSetSlots - 1)) * kSetSlots];
  }

  std::vector<uint16_t, heap::Allocator<uint16_t>> slots_;  // as many as a power of two, or none
};

}  // namespace redstart
