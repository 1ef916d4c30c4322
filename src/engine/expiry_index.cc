#include "engine/expiry_index.h"

namespace redstart {

void ExpiryIndex::add(uint64_t hash, int64_t deadline_ms) {
  file(record_of(hash), tick_of(std::max<int64_t>(deadline_ms, 0)));
}

void ExpiryIndex::file(uint32_t record, uint64_t tick) {
  const size_t index = group_of(tick);
  if (groups_.size() <= index) groups_.resize(index + 1);
  groups_[index].push_back(record);
  ++record_count_;
}

void ExpiryIndex::advance_to(uint64_t tick) {
  if (tick <= last_tick_) return;
  const size_t highest = std::min(group_of(tick), groups_.empty() ? 0 : groups_.size() - 1);
  last_tick_ = tick;
  for (size_t index = 1; index <= highest; ++index) {
    Group& group = groups_[index];
    if (group.empty()) continue;
    if (groups_[0].empty()) {
      groups_[0].swap(group);
    } else {
      groups_[0].insert(groups_[0].end(), group.begin(), group.end());
    }
    Group().swap(group);
  }
}

size_t ExpiryIndex::memory_bytes() const {
  size_t bytes = groups_.capacity() * sizeof(Group);
  for (const Group& group : groups_) bytes += group.capacity() * sizeof(uint32_t);
  return bytes;
}

void ExpiryIndex::clear() {
  std::vector<Group>().swap(groups_);
  record_count_ = 0;
}

}  // namespace redstart
