#include "base/expiry_index.h"

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
    // The smaller is copied: millions that are due together are in one group.
    if (groups_[0].size() < group.size()) groups_[0].swap(group);
    groups_[0].insert(groups_[0].end(), group.begin(), group.end());
    Group().swap(group);
  }
}

int64_t ExpiryIndex::earliest_ms() const {
  if (record_count_ == 0) return kDropped;
  size_t index = 0;
  while (groups_[index].empty()) ++index;
  if (index == 0) return 0;
  // The group's ticks agree with the last one above this bit, which they have and it lacks.
  const uint64_t bit = uint64_t{1} << (index - 1);
  return static_cast<int64_t>(((last_tick_ & ~(bit - 1)) | bit) << tick_shift_);
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
