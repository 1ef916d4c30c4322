// ShardLocks: the set of shard locks that one thread holds. What the thread allocates meanwhile is charged
// to one of the shards.
//
// Nobody waits in a circle, because nobody waits while holding:
//   1. Several locks are tried one after the other. When one is not to be had soon, all are released, that
//      one is waited for with nothing held, and then the rest is tried again.
//   2. Only who holds the keyspace's token may wait while holding shards, and the token is taken before any
//      shard. So there is at most one such thread, and everybody else gives way. Scripts whose keys
//      are not known beforehand take it, and so does whoever has given way too often.
//
// Threads: thread-compatible.
#pragma once

#include <algorithm>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "base/heap.h"
#include "engine/keyspace.h"

namespace redstart {

class ShardLocks {
 public:
  ShardLocks() = default;
  ShardLocks(const ShardLocks&) = delete;
  ~ShardLocks() { unlock(); }

  // REQUIRES for all lock functions: nothing is held (but the token).
  void lock_one(Keyspace& keyspace, size_t index) {
    keyspace.shard(index).lock.lock();
    take_single(keyspace, index);
  }
  // `indices` may be in any order and repeat; it is sorted.
  void lock_many(Keyspace& keyspace, std::vector<uint16_t>& indices) { acquire(keyspace, indices, false); }
  void lock_all(Keyspace& keyspace);
  // The same, unless a lock is held by somebody who will keep it for long: then false, and nothing is held,
  // the token neither.
  bool lock_one_unless_stuck(Keyspace& keyspace, size_t index) {
    if (!keyspace.shard(index).lock.lock_unless_stuck()) [[unlikely]] return unlock(), false;
    take_single(keyspace, index);
    return true;
  }
  bool lock_many_unless_stuck(Keyspace& keyspace, std::vector<uint16_t>& indices) {
    return acquire(keyspace, indices, true);
  }
  bool lock_all_unless_stuck(Keyspace& keyspace);
  // All shards are held, by other ShardLocks of the calling thread that outlive the hold of these: they go on being
  // charged, and unlock() releases nothing.
  void borrow_all(Keyspace& keyspace) {
    keyspace_ = &keyspace;
    all_ = is_borrowed_ = true;
  }
  // REQUIRES: nothing is held. It goes with unlock().
  bool take_token_unless_stuck(Keyspace& keyspace);
  bool has_token() const { return has_token_; }
  // Takes more while holding some, without waiting: all of `indices` or none.
  bool try_extend(std::vector<uint16_t>& indices);
  // Takes more while holding some, and waits for them. False: one is stuck, not all could be had.
  // REQUIRES: the token is held.
  bool extend(std::span<const uint16_t> indices);
  bool extend_to_all();
  // Tells those who wait that what is held will be held for long.
  void mark_stuck();
  void unlock();

  bool holds(size_t index) const {
    return all_ || single_ == static_cast<int32_t>(index) ||
           std::binary_search(held_.begin(), held_.end(), static_cast<uint16_t>(index));
  }
  bool holds_all() const { return all_; }
  bool holds_single(size_t index) const { return single_ == static_cast<int32_t>(index); }
  template <class Function>
  void for_each_held(Function&& function) const {
    if (single_ >= 0) return function(keyspace_->shard(static_cast<size_t>(single_)));
    if (all_) {
      for (Shard& shard : keyspace_->shards()) function(shard);
    } else {
      for (const uint16_t index : held_) function(keyspace_->shard(index));
    }
  }
  // No shard is held.
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
  void take_single(Keyspace& keyspace, size_t index) {
    keyspace_ = &keyspace;
    single_ = static_cast<int32_t>(index);
    charge_to_first();
  }
  bool acquire(Keyspace& keyspace, std::vector<uint16_t>& indices, bool gives_up);
  bool lock_set(Keyspace& keyspace, std::span<const uint16_t> indices, bool gives_up);
  bool lock_in_order(Keyspace& keyspace, std::span<const uint16_t> indices, bool gives_up);
  bool lock_with_token(Keyspace& keyspace, std::span<const uint16_t> indices, bool gives_up);
  void add_held(std::span<const uint16_t> taken);

  Keyspace* keyspace_ = nullptr;
  heap::MemoryAccount* charged_ = nullptr;  // while something is held
  int32_t single_ = -1;
  bool all_ = false;
  bool is_borrowed_ = false;
  bool has_token_ = false;
  std::vector<uint16_t> held_;  // sorted
  std::optional<heap::AccountScope> account_;
};

}  // namespace redstart
