#include "base/expiry_index.h"

#include <algorithm>

namespace redstart {

void ExpiryIndex::add(uint64_t hash, int64_t deadline_ms) {
  file(record_of(hash), tick_of(std::max<int64_t>(deadline_ms, 0)));
}

void ExpiryIndex::file(uint32_t record, uint64_t tick) {
  ++record_count_;
  const size_t index = group_of(tick);
  if (index == 0) return due_.push_back(record);
  auto group = std::ranges::find(groups_, index, &Group::index);
  if (group == groups_.end()) group = groups_.insert(group, Group{index, {}});
  group->records.push_back(record);
}

void ExpiryIndex::advance_to(uint64_t tick) {
  if (tick <= last_tick_) return;
  const size_t highest = group_of(tick);
  last_tick_ = tick;
  std::erase_if(groups_, [&](Group& group) {
    if (group.index > highest) return false;
    // The smaller is copied: millions that are due together are in one group.
    if (due_.size() < group.records.size()) due_.swap(group.records);
    due_.insert(due_.end(), group.records.begin(), group.records.end());
    return true;
  });
  if (groups_.empty()) Groups().swap(groups_);
}

int64_t ExpiryIndex::earliest_ms() const {
  if (record_count_ == 0) return kDropped;
  if (!due_.empty()) return 0;
  const size_t index = std::ranges::min_element(groups_, {}, &Group::index)->index;  // min() would copy the records
  // The group's ticks agree with the last one above this bit, which they have and it lacks.
  const uint64_t bit = uint64_t{1} << (index - 1);
  return static_cast<int64_t>(((last_tick_ & ~(bit - 1)) | bit) << tick_shift_);
}

size_t ExpiryIndex::memory_bytes() const {
  const auto allocated = [](const auto& vector) {
    const size_t bytes = vector.capacity() * sizeof(vector[0]);
    return bytes == 0 ? 0 : heap::allocated_size(bytes);
  };
  size_t bytes = allocated(due_) + allocated(groups_);
  for (const Group& group : groups_) bytes += allocated(group.records);
  return bytes;
}

void ExpiryIndex::clear() {
  Records().swap(due_);
  Groups().swap(groups_);
  record_count_ = 0;
}

}  // namespace redstart
