#include "engine/shard_locks.h"

#include <utility>

namespace redstart {

void ShardLocks::lock_many(Keyspace& keyspace, std::vector<uint16_t>& indices) {
  std::sort(indices.begin(), indices.end());
  indices.erase(std::unique(indices.begin(), indices.end()), indices.end());
  if (indices.size() == 1) return lock_one(keyspace, indices.front());
  keyspace_ = &keyspace;
  held_.assign(indices.begin(), indices.end());
  for (const uint16_t index : held_) keyspace.shard(index).lock.lock();
  if (!held_.empty()) charge_to_first();
}

void ShardLocks::lock_all(Keyspace& keyspace) {
  keyspace_ = &keyspace;
  all_ = true;
  for (Shard& shard : keyspace.shards()) shard.lock.lock();
  charge_to_first();
}

bool ShardLocks::try_extend(std::vector<uint16_t>& indices) {
  if (all_) return true;
  std::vector<uint16_t> taken;
  for (const uint16_t index : indices) {
    if (holds(index) || std::find(taken.begin(), taken.end(), index) != taken.end()) continue;
    if (!keyspace_->shard(index).lock.try_lock()) {
      for (const uint16_t other : taken) keyspace_->shard(other).lock.unlock();
      return false;
    }
    taken.push_back(index);
  }
  if (taken.empty()) return true;
  if (single_ >= 0) held_.push_back(static_cast<uint16_t>(std::exchange(single_, -1)));
  held_.insert(held_.end(), taken.begin(), taken.end());
  std::sort(held_.begin(), held_.end());
  return true;
}

void ShardLocks::unlock() {
  if (!charged_) return;
  account_.reset();  // the account is the shard's: nothing may be charged once its lock is free
  if (all_) {  // the holder may have charged any of them
    for (Shard& shard : keyspace_->shards()) keyspace_->settle(shard.memory);
  }
  keyspace_->settle(*std::exchange(charged_, nullptr));
  if (single_ >= 0) {
    keyspace_->shard(static_cast<size_t>(std::exchange(single_, -1))).lock.unlock();
    return;
  }
  if (all_) {
    for (Shard& shard : keyspace_->shards()) shard.lock.unlock();
    all_ = false;
    return;
  }
  for (const uint16_t index : held_) keyspace_->shard(index).lock.unlock();
  held_.clear();
}

}  // namespace redstart
