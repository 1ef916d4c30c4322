#include "engine/graveyard.h"

#include <algorithm>

#include "engine/shard_locks.h"

namespace redstart {

Graveyard::~Graveyard() {
  for (const Grave& grave : graves_) Entry::destroy(grave.entry);
}

bool Graveyard::is_large(const Entry& entry, size_t elements_max) {
  if (entry.is_string()) return entry.is_external() && entry.text_size() > kStringBytes;
  return !is_packed(entry.object()) && element_count(entry.object()) > elements_max;
}

int64_t Graveyard::announce(const Entry& entry) {
  const auto bytes = static_cast<int64_t>(entry.memory_bytes(kSamples));
  pending_bytes_.fetch_add(bytes, std::memory_order_relaxed);
  pending_count_.fetch_add(1, std::memory_order_relaxed);
  return bytes;
}

void Graveyard::bury(size_t shard_index, Entry* entry, int64_t announced_bytes) {
  const std::lock_guard lock(mutex_);
  graves_.push_back({entry, shard_index, announced_bytes});
}

bool Graveyard::free_piece() {
  Grave grave;
  {
    const std::lock_guard lock(mutex_);
    if (graves_.empty()) return false;
    grave = graves_.back();
    graves_.pop_back();
  }
  heap::MemoryAccount freed;
  bool gone = true;
  {
    const heap::AccountScope account(freed);
    if (!grave.entry->is_string()) {
      Object object = grave.entry->object();
      gone = drain(object, kElementsAtOnce);
    }
    if (gone) Entry::destroy(grave.entry);
  }
  const int64_t freed_bytes = -freed.used_bytes.load(std::memory_order_relaxed);
  ShardLocks locks;
  locks.lock_one(keyspace_, grave.shard_index);
  heap::charge(-freed_bytes);
  locks.unlock();
  // An estimate that was too low is not overdrawn; what is left of one that was too high goes at the end.
  const int64_t settled = gone ? grave.estimated_bytes : std::min(freed_bytes, grave.estimated_bytes);
  pending_bytes_.fetch_sub(settled, std::memory_order_relaxed);
  if (gone) {
    pending_count_.fetch_sub(1, std::memory_order_relaxed);
    freed_count_.fetch_add(1, std::memory_order_relaxed);
    return true;
  }
  grave.estimated_bytes -= settled;
  const std::lock_guard lock(mutex_);
  graves_.push_back(grave);
  return true;
}

}  // namespace redstart
