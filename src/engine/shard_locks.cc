#include "engine/shard_locks.h"

#include <array>
#include <numeric>
#include <utility>

namespace redstart {
namespace {

constexpr int kRoundsMax = 32;  // of giving way; then the token is taken

constexpr auto kEveryShard = [] {
  std::array<uint16_t, Keyspace::kShards> indices{};
  std::iota(indices.begin(), indices.end(), uint16_t{0});
  return indices;
}();

bool lock_shard(Keyspace& keyspace, uint16_t index, bool gives_up) {
  ShardLock& lock = keyspace.shard(index).lock;
  if (gives_up) return lock.lock_unless_stuck();
  lock.lock();
  return true;
}

void unlock_shards(Keyspace& keyspace, std::span<const uint16_t> indices) {
  for (const uint16_t index : indices) keyspace.shard(index).lock.unlock();
}

// Locks them all but `skipped`, which is held already. Returns how many of `indices` are held then, counted
// from the first; those behind are not.
size_t try_lock_shards(Keyspace& keyspace, std::span<const uint16_t> indices, size_t skipped) {
  for (size_t i = 0; i < indices.size(); ++i) {
    if (i == skipped) continue;
    ShardLock& lock = keyspace.shard(indices[i]).lock;
    if (!lock.try_lock() && !lock.try_lock_shortly()) return i;
  }
  return indices.size();
}

}  // namespace

// Locks them one after the other and waits for each. REQUIRES: the token is held.
bool ShardLocks::lock_in_order(Keyspace& keyspace, std::span<const uint16_t> indices, bool gives_up) {
  for (size_t i = 0; i < indices.size(); ++i) {
    if (lock_shard(keyspace, indices[i], gives_up)) continue;
    unlock_shards(keyspace, indices.first(i));
    return false;
  }
  return true;
}

bool ShardLocks::lock_with_token(Keyspace& keyspace, std::span<const uint16_t> indices, bool gives_up) {
  const bool had_token = has_token_;
  if (!had_token) {
    if (gives_up && !keyspace.token().lock_unless_stuck()) return false;
    if (!gives_up) keyspace.token().lock();
  }
  const bool locked = lock_in_order(keyspace, indices, gives_up);
  if (!had_token) keyspace.token().unlock();
  return locked;
}

bool ShardLocks::lock_set(Keyspace& keyspace, std::span<const uint16_t> indices, bool gives_up) {
  if (has_token_) return lock_with_token(keyspace, indices, gives_up);
  size_t waited_for = indices.size();  // held at the start of a round, if it is one of them
  for (int round = 0; round < kRoundsMax; ++round) {
    const size_t failed = try_lock_shards(keyspace, indices, waited_for);
    if (failed == indices.size()) return true;
    unlock_shards(keyspace, indices.first(failed));
    if (waited_for < indices.size() && waited_for > failed) {
      keyspace.shard(indices[waited_for]).lock.unlock();
    }
    if (!lock_shard(keyspace, indices[failed], gives_up)) return false;
    waited_for = failed;
  }
  keyspace.shard(indices[waited_for]).lock.unlock();
  return lock_with_token(keyspace, indices, gives_up);
}

bool ShardLocks::acquire(Keyspace& keyspace, std::vector<uint16_t>& indices, bool gives_up) {
  std::sort(indices.begin(), indices.end());
  indices.erase(std::unique(indices.begin(), indices.end()), indices.end());
  if (indices.size() == 1) {
    if (gives_up) return lock_one_unless_stuck(keyspace, indices.front());
    lock_one(keyspace, indices.front());
    return true;
  }
  if (!lock_set(keyspace, indices, gives_up)) return unlock(), false;
  keyspace_ = &keyspace;
  held_.assign(indices.begin(), indices.end());
  if (!held_.empty()) charge_to_first();
  return true;
}

void ShardLocks::lock_all(Keyspace& keyspace) {
  lock_set(keyspace, kEveryShard, false);
  keyspace_ = &keyspace;
  all_ = true;
  charge_to_first();
}

bool ShardLocks::lock_all_unless_stuck(Keyspace& keyspace) {
  if (!lock_set(keyspace, kEveryShard, true)) return unlock(), false;
  keyspace_ = &keyspace;
  all_ = true;
  charge_to_first();
  return true;
}

bool ShardLocks::take_token_unless_stuck(Keyspace& keyspace) {
  if (!keyspace.token().lock_unless_stuck()) return false;
  keyspace_ = &keyspace;
  has_token_ = true;
  return true;
}

void ShardLocks::add_held(std::span<const uint16_t> taken) {
  const bool is_first = empty();
  if (single_ >= 0) held_.push_back(static_cast<uint16_t>(std::exchange(single_, -1)));
  held_.insert(held_.end(), taken.begin(), taken.end());
  std::sort(held_.begin(), held_.end());
  if (is_first) charge_to_first();
}

bool ShardLocks::try_extend(std::vector<uint16_t>& indices) {
  if (all_) return true;
  std::vector<uint16_t> taken;
  for (const uint16_t index : indices) {
    if (holds(index) || std::find(taken.begin(), taken.end(), index) != taken.end()) continue;
    if (!keyspace_->shard(index).lock.try_lock()) {
      unlock_shards(*keyspace_, taken);
      return false;
    }
    taken.push_back(index);
  }
  if (!taken.empty()) add_held(taken);
  return true;
}

bool ShardLocks::extend(std::span<const uint16_t> indices) {
  if (all_) return true;
  for (const uint16_t index : indices) {
    if (holds(index)) continue;
    if (!lock_shard(*keyspace_, index, true)) return false;
    add_held({&index, 1});
  }
  return true;
}

bool ShardLocks::extend_to_all() {
  if (all_) return true;
  std::vector<uint16_t> taken;
  bool is_stuck = false;
  for (const uint16_t index : kEveryShard) {
    if (holds(index)) continue;
    is_stuck = !lock_shard(*keyspace_, index, true);
    if (is_stuck) break;
    taken.push_back(index);
  }
  if (!taken.empty()) add_held(taken);
  if (is_stuck) return false;
  held_.clear();
  single_ = -1;
  all_ = true;
  return true;
}

void ShardLocks::mark_stuck() {
  if (has_token_) keyspace_->token().mark_stuck();
  if (single_ >= 0) keyspace_->shard(static_cast<size_t>(single_)).lock.mark_stuck();
  for (const uint16_t index : held_) keyspace_->shard(index).lock.mark_stuck();
  if (!all_) return;
  for (Shard& shard : keyspace_->shards()) shard.lock.mark_stuck();
}

void ShardLocks::unlock() {
  if (is_borrowed_) {
    all_ = is_borrowed_ = false;
    return;
  }
  account_.reset();  // the account is the shard's: nothing may be charged once its lock is free
  if (all_) {        // the holder may have charged any of them
    for (Shard& shard : keyspace_->shards()) keyspace_->settle(shard.memory);
  }
  if (charged_) keyspace_->settle(*std::exchange(charged_, nullptr));
  if (single_ >= 0) {
    keyspace_->shard(static_cast<size_t>(std::exchange(single_, -1))).lock.unlock();
  } else if (all_) {
    for (Shard& shard : keyspace_->shards()) shard.lock.unlock();
    all_ = false;
  } else if (!held_.empty()) {
    unlock_shards(*keyspace_, held_);
    held_.clear();
  }
  if (has_token_) {
    has_token_ = false;
    keyspace_->token().unlock();
  }
}

}  // namespace redstart
