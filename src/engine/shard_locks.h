// ShardLocks: the set of shard locks that one thread holds, taken all together in ascending order, so
// that no two threads ever wait for each other in a circle. What the thread allocates meanwhile is
// charged to the first of the shards.
//
// Threads: thread-compatible.
#pragma once

#include <algorithm>
#include <cstdint>
#include <optional>
#include <vector>

#include "base/heap.h"
#include "engine/keyspace.h"

namespace redstart {

class ShardLocks {
 public:
  ShardLocks() = default;
  ShardLocks(const ShardLocks&) = delete;
  ~ShardLocks() { unlock(); }

  // REQUIRES for all lock functions: nothing is held.
  void lock_one(Keyspace& keyspace, size_t index) {
    keyspace.shard(index).lock.lock();
    keyspace_ = &keyspace;
    single_ = static_cast<int32_t>(index);
    charge_to_first();
  }
  // `indices` may be in any order and repeat; it is sorted.
  void lock_many(Keyspace& keyspace, std::vector<uint16_t>& indices);
  void lock_all(Keyspace& keyspace);
  // Takes more while holding some, without waiting: all of `indices` or none.
  bool try_extend(std::vector<uint16_t>& indices);
  void unlock();

  bool holds(size_t index) const {
    return all_ || single_ == static_cast<int32_t>(index) ||
           std::binary_search(held_.begin(), held_.end(), static_cast<uint16_t>(index));
  }
  bool holds_all() const { return all_; }
  bool holds_single(size_t index) const { return single_ == static_cast<int32_t>(index); }
  bool empty() const { return single_ < 0 && !all_ && held_.empty(); }
  // One of the held shards, to account memory to. REQUIRES: !empty().
  Shard& first() const {
    if (single_ >= 0) return keyspace_->shard(static_cast<size_t>(single_));
    return keyspace_->shard(all_ ? 0 : held_.front());
  }

 private:
  void charge_to_first() {
    charged_ = &first().memory;
    account_.emplace(*charged_);
  }

  Keyspace* keyspace_ = nullptr;
  heap::MemoryAccount* charged_ = nullptr;  // while something is held
  int32_t single_ = -1;
  bool all_ = false;
  std::vector<uint16_t> held_;  // sorted
  std::optional<heap::AccountScope> account_;
};

}  // namespace redstart
