#include "types/stream/stream.h"

#include <algorithm>
#include <new>
#include <stdexcept>
#include <utility>

#include "base/heap.h"

namespace redstart {
namespace {

constexpr size_t kNodeBytesMax = size_t{1} << 30;  // as in Redis, whatever the limit says

}  // namespace

Object Stream::make() {
  return {Type::stream, Encoding::stream, new (heap::allocate(sizeof(Data))) Data()};
}

void Stream::destroy() {
  data_->nodes.for_each([](StreamNode* node) { StreamNode::destroy(node); });
  data_->groups.for_each([](ConsumerGroup* group) { ConsumerGroup::destroy(group); });
  data_->~Data();
  heap::deallocate(data_, sizeof(Data));
}

Object Stream::clone() const {
  const Object copy = make();
  auto* data = static_cast<Data*>(copy.data);
  data_->nodes.for_each([&](const StreamNode* node) { data->nodes.insert(StreamNode::clone(*node)); });
  data_->groups.for_each(
      [&](const ConsumerGroup* group) { data->groups.insert(ConsumerGroup::clone(*group)); });
  data->length = data_->length;
  data->entries_added = data_->entries_added;
  data->last_id = data_->last_id;
  data->max_removed_id = data_->max_removed_id;
  return copy;
}

size_t Stream::memory_bytes(size_t samples) const {
  const Nodes& nodes = data_->nodes;
  size_t bytes = heap::allocated_size(sizeof(Data)) + nodes.memory_bytes() + data_->groups.memory_bytes();
  size_t measured = 0, measured_bytes = 0;
  for (auto place = nodes.begin(); measured < nodes.size(); place = nodes.next(place)) {
    if (samples != 0 && measured == samples) break;
    measured_bytes += nodes[place]->memory_bytes();
    ++measured;
  }
  if (measured > 0) bytes += measured_bytes * nodes.size() / measured;
  data_->groups.for_each([&](const ConsumerGroup* group) { bytes += group->memory_bytes(); });
  return bytes;
}

void Stream::check_invariants() const {
  const auto require = [](bool holds, const char* what) {
    if (!holds) throw std::logic_error(what);
  };
  data_->nodes.check_invariants();
  data_->groups.check_invariants();
  size_t entries = 0;
  StreamId last;
  data_->nodes.for_each([&](const StreamNode* node) {
    require(node->validate(), "a stream node is malformed");
    require(!node->is_empty() || node == data_->nodes.front(), "a stream node behind the first is empty");
    if (node->is_empty()) return;
    require(entries == 0 || node->first_id() > last, "stream ids do not ascend");
    require(node->first_id() >= node->base, "a stream id is below its node's base");
    last = node->last_id();
    entries += node->entry_count;
  });
  require(entries == data_->length, "a stream's length is not the number of its entries");
  require(last <= data_->last_id, "a stream's entry is above its last id");
  data_->groups.for_each([](const ConsumerGroup* group) { group->check_invariants(); });
}

StreamId Stream::first_entry_id() const {
  if (data_->length == 0) return {};
  const Nodes& nodes = data_->nodes;
  const StreamNode* first = nodes.front();
  return (first->is_empty() ? nodes[nodes.next(nodes.begin())] : first)->first_id();
}

StreamId Stream::last_entry_id() const {
  return data_->length == 0 ? StreamId{} : data_->nodes.back()->last_id();
}

Stream::Nodes::Place Stream::node_for(const StreamId& id) const {
  const Nodes& nodes = data_->nodes;
  const auto place = nodes.lower_bound(id);
  if (place == nodes.begin()) return place;
  if (place != nodes.end() && nodes[place]->base == id) return place;
  return nodes.previous(place);
}

Stream::Nodes::Place Stream::erase_node(Nodes::Place place) {
  StreamNode::destroy(data_->nodes[place]);
  return data_->nodes.erase(place);
}

bool Stream::is_full(const StreamNode& node, size_t more_bytes, const EncodingLimits& limits) const {
  const size_t limit = limits.stream_node_max_bytes;
  const size_t bytes_max = limit == 0 || limit > kNodeBytesMax ? kNodeBytesMax : limit;
  if (node.listpack_bytes() + more_bytes >= bytes_max) return true;
  const size_t entries_max = limits.stream_node_max_entries;
  return entries_max != 0 && size_t{node.entry_count} + node.removed_count >= entries_max;
}

void Stream::append(const StreamId& id, std::span<const std::string_view> fields,
                    const EncodingLimits& limits) {
  size_t bytes = 0;
  for (const std::string_view field : fields) bytes += field.size();
  Nodes& nodes = data_->nodes;
  StreamNode** const last = nodes.empty() ? nullptr : &nodes.back();
  if (last && id >= (*last)->base && !is_full(**last, bytes, limits)) {
    StreamNode::append(*last, id, fields);
  } else {
    if (last) StreamNode::shrink(*last);
    // An empty node can be above an id that XSETID went back to.
    if (last && id <= (*last)->base) erase_node(nodes.begin());
    StreamNode* fresh = StreamNode::create(id, fields);
    StreamNode::append(fresh, id, fields);
    nodes.insert(fresh);
  }
  ++data_->length;
  ++data_->entries_added;
  data_->last_id = id;
}

void Stream::adopt(StreamNode* node) {
  if (node->is_empty() && !data_->nodes.empty()) return StreamNode::destroy(node);
  data_->nodes.insert(node);
  data_->length += node->entry_count;
  data_->entries_added += node->entry_count;
  data_->last_id = node->is_empty() ? node->base : node->last_id();
}

bool Stream::contains(const StreamId& id) const {
  const auto place = node_for(id);
  if (place == data_->nodes.end()) return false;
  const StreamNode* node = data_->nodes[place];
  const auto position = node->lower_bound(id);
  return position != node->end() && node->id_at(position) == id;
}

bool Stream::erase(const StreamId& id) {
  const auto place = node_for(id);
  if (place == data_->nodes.end()) return false;
  StreamNode*& node = data_->nodes[place];
  const auto position = node->lower_bound(id);
  if (position == node->end() || node->id_at(position) != id) return false;
  if (node->entry_count == 1) {
    erase_node(place);
  } else {
    StreamNode::erase(node, position);
  }
  --data_->length;
  data_->max_removed_id = std::max(data_->max_removed_id, id);
  return true;
}

size_t Stream::trim(const StreamTrim& trim) {
  if (trim.by == StreamTrim::By::none) return 0;
  size_t removed = 0;
  for (auto place = data_->nodes.begin(); place != data_->nodes.end();) {
    if (!trim_head(trim, removed, place)) break;
  }
  return removed;
}

bool Stream::trim_head(const StreamTrim& trim, size_t& removed, Nodes::Place& place) {
  StreamNode* node = data_->nodes[place];
  const size_t entries = node->entry_count;
  const bool by_length = trim.by == StreamTrim::By::length;
  if (by_length && data_->length <= trim.length_max) return false;
  if (trim.limit != 0 && removed + entries > trim.limit) return false;
  const bool whole =
      by_length ? data_->length - entries >= trim.length_max : node->last_appended_id() < trim.id_min;
  if (whole && trim.references == GroupReferences::keep) {
    data_->length -= entries;
    removed += entries;
    place = erase_node(place);
    return true;
  }
  if (!whole && trim.approximate) return false;
  // After XSETID back a node that ends with a removed entry may have entries below the least id behind it.
  const bool all_below = !by_length && (node->is_empty() || node->last_id() < trim.id_min);
  removed += trim_node(trim, place);
  const bool goes = data_->nodes[place]->is_empty() && (whole || place != data_->nodes.begin());
  place = goes ? erase_node(place) : data_->nodes.next(place);
  // Entries that had to stay leave more to be taken from the nodes behind.
  return whole || all_below || (by_length && trim.references == GroupReferences::acked);
}

// Takes out one node's entries as far as the trim asks for it; the node may be left empty.
size_t Stream::trim_node(const StreamTrim& trim, Nodes::Place place) {
  StreamNode*& node = data_->nodes[place];
  size_t removed = 0, run = 0;  // the run of entries before `position` that is to go in one step
  auto position = node->begin(), run_begin = position;
  const auto is_enough = [&](const StreamId& id) {
    return trim.by == StreamTrim::By::length ? data_->length - removed <= trim.length_max
                                             : id >= trim.id_min;
  };
  while (position != node->end()) {
    const StreamId id = node->id_at(position);
    if (is_enough(id)) break;
    if (trim.references == GroupReferences::acked && is_referenced(id)) {
      position = StreamNode::erase(node, run_begin, std::exchange(run, 0));  // may move the node
      position = node->next(position);
      run_begin = position;
      continue;
    }
    if (trim.references == GroupReferences::erase) erase_references(id);
    position = node->next(position);
    ++run;
    ++removed;
  }
  if (run > 0) StreamNode::erase(node, run_begin, run);
  data_->length -= removed;
  return removed;
}

size_t Stream::count(const StreamRange& range, size_t count_max) const {
  const Nodes& nodes = data_->nodes;
  size_t total = 0;
  auto place = node_for(range.first);
  if (place == nodes.end()) return 0;
  auto position = nodes[place]->lower_bound(range.first);
  for (; place != nodes.end() && total < count_max; place = nodes.next(place)) {
    const StreamNode* node = nodes[place];
    if (position == 0) position = node->begin();
    if (position == node->begin() && !node->is_empty() && node->last_id() <= range.last) {
      total += node->entry_count;
    } else {
      for (; position != node->end() && total < count_max; position = node->next(position)) {
        if (node->id_at(position) > range.last) return total;
        ++total;
      }
    }
    position = 0;
  }
  return std::min(total, count_max);
}

ConsumerGroup* Stream::find_group(std::string_view name) const {
  ConsumerGroup** found = data_->groups.find(name);
  return found ? *found : nullptr;
}

ConsumerGroup& Stream::create_group(std::string_view name, const StreamId& last_id, int64_t entries_read) {
  ConsumerGroup* group = ConsumerGroup::create(name, last_id, entries_read);
  data_->groups.insert(group);
  return *group;
}

void Stream::destroy_group(ConsumerGroup& group) {
  data_->groups.erase(group.name());
  ConsumerGroup::destroy(&group);
}

bool Stream::is_referenced(const StreamId& id) const {
  bool referenced = false;
  data_->groups.for_each([&](const ConsumerGroup* group) {
    referenced = referenced || id > group->last_id || group->pending.find(id);
  });
  return referenced;
}

bool Stream::erase_references(const StreamId& id) {
  bool found = false;
  data_->groups.for_each([&](ConsumerGroup* group) { found |= group->forget(id); });
  return found;
}

// --- Counting what a group has read. Removing entries from the middle makes that unknowable from the counters
// alone; the greatest removed id tells up to where.

bool Stream::has_removed_after(const StreamId& id) const {
  return data_->length != 0 && first_entry_id() <= data_->max_removed_id && id <= data_->max_removed_id;
}

std::optional<int64_t> Stream::entries_added_up_to(const StreamId& id) const {
  const auto added = static_cast<int64_t>(data_->entries_added);
  const auto length = static_cast<int64_t>(data_->length);
  if (added == 0) return 0;
  if (length == 0 && id <= data_->last_id) return added;
  if (id == data_->last_id) return added;
  if (id > data_->last_id) return std::nullopt;
  const StreamId first = first_entry_id();
  if (!data_->max_removed_id.is_zero() && data_->max_removed_id >= first) return std::nullopt;
  if (id < first) return added - length;
  if (id == first) return added - length + 1;
  return std::nullopt;
}

std::optional<int64_t> Stream::lag(const ConsumerGroup& group) const {
  const auto added = static_cast<int64_t>(data_->entries_added);
  if (added == 0) return 0;
  if (group.entries_read != ConsumerGroup::kUnknown && !has_removed_after(group.last_id)) {
    return added - group.entries_read;
  }
  const auto read = entries_added_up_to(group.last_id);
  if (!read) return std::nullopt;
  return added - *read;
}

void Stream::advance(ConsumerGroup& group, const StreamId& id) const {
  if (id <= group.last_id) return;
  if (group.entries_read != ConsumerGroup::kUnknown && !has_removed_after(id)) {
    ++group.entries_read;
  } else if (data_->entries_added != 0) {
    group.entries_read = entries_added_up_to(id).value_or(ConsumerGroup::kUnknown);
  }
  group.last_id = id;
}

}  // namespace redstart
