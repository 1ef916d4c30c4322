// Stream: a view of an Object that holds a stream: a log of entries (id; name, value, ...), appended at its end,
// and its consumer groups.
//
//   StreamData: length, last id, entries ever added, greatest removed id
//     nodes     SortedBlocks of StreamNode by base id; only the last one is appended to
//     groups    SortedBlocks of ConsumerGroup by name
//
// Entries are appended to the last node until the limits stream-node-max-bytes and stream-node-max-entries (which
// counts removed ones too) are reached. Trimming takes whole nodes where it can. As in Redis a trim by id goes by
// removed entries too: it leaves an empty node where the last one appended was removed and is not below the least id.
//
// Invariants: 1. No node but the first is empty. 2. Ids ascend across nodes, each at or above its node's base, all at
// or below last_id(). 3. size() is the sum of the nodes' entries.
//
// Threads: shard-local. Ownership: as Object.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

#include "types/object.h"
#include "types/stream/consumer_group.h"
#include "types/stream/sorted_blocks.h"
#include "types/stream/stream_node.h"

namespace redstart {

// Both ends included.
struct StreamRange {
  StreamId first = {};
  StreamId last = kStreamIdMax;
};

// What becomes of groups' pending entries when an entry goes from the stream.
enum class GroupReferences : uint8_t {
  keep,   // they stay, without their entry
  erase,  // they go too
  acked,  // an entry that a group has yet to read or to acknowledge does not go at all
};

struct StreamTrim {
  enum class By : uint8_t { none, length, id };
  By by = By::none;
  uint64_t length_max = 0;
  StreamId id_min = {};
  bool approximate = false;  // whole nodes only
  uint64_t limit = 0;        // no more entries than these; 0: no limit
  GroupReferences references = GroupReferences::keep;
};

class Stream {
 public:
  static Object make();
  explicit Stream(Object& object) : data_(static_cast<Data*>(object.data)) {}
  void destroy();
  Object clone() const;
  size_t memory_bytes(size_t samples) const;
  void check_invariants() const;

  size_t size() const { return data_->length; }
  size_t node_count() const { return data_->nodes.size(); }
  // The id that the last entry had when it was added, or that was set since.
  const StreamId& last_id() const { return data_->last_id; }
  const StreamId& max_removed_id() const { return data_->max_removed_id; }
  uint64_t entries_added() const { return data_->entries_added; }
  void set_last_id(const StreamId& id) { data_->last_id = id; }
  void set_max_removed_id(const StreamId& id) { data_->max_removed_id = id; }
  void set_entries_added(uint64_t count) { data_->entries_added = count; }
  // Of the entries that are there; 0-0 without any.
  StreamId first_entry_id() const;
  StreamId last_entry_id() const;

  // `fields`: name, value, ... REQUIRES: id > last_id(). Cost: O(fields), and a copy of the last node now and then.
  void append(const StreamId& id, std::span<const std::string_view> fields, const EncodingLimits& limits);
  // Takes over a node whose base and entries are above last_id(); an empty one goes unless it is the first.
  void adopt(StreamNode* node);
  bool contains(const StreamId& id) const;
  // Returns whether it was there. The greatest id removed so is remembered.
  bool erase(const StreamId& id);
  // Returns how many went.
  size_t trim(const StreamTrim& trim);

  // Calls visit(PackedEntry) in order (or from the end) until it returns false.
  template <class Visit>
  void for_each(const StreamRange& range, bool from_end, Visit&& visit) const {
    from_end ? walk_back(range, visit) : walk(range, visit);
  }
  // How many entries are in the range, counting no further than `count_max`. Cost: O(nodes) and one node's entries.
  size_t count(const StreamRange& range, size_t count_max) const;

  // Calls visit(StreamNode) in order, of those whose base is not below `base`, until it returns false.
  template <class Visit>
  void for_each_node(const StreamId& base, Visit&& visit) const {
    const Nodes& nodes = data_->nodes;
    for (auto at = nodes.lower_bound(base); at != nodes.end(); at = nodes.next(at)) {
      if (!visit(std::as_const(*nodes[at]))) return;
    }
  }

  ConsumerGroup* find_group(std::string_view name) const;
  size_t group_count() const { return data_->groups.size(); }
  // REQUIRES: there is none of this name.
  ConsumerGroup& create_group(std::string_view name, const StreamId& last_id, int64_t entries_read);
  void destroy_group(ConsumerGroup& group);
  template <class Visit>
  void for_each_group(Visit&& visit) const {
    data_->groups.for_each([&](ConsumerGroup* group) { visit(*group); });
  }
  // Some group has yet to read or to acknowledge the entry.
  bool is_referenced(const StreamId& id) const;
  // Takes it out of all groups' pending entries; returns whether it was in one.
  bool erase_references(const StreamId& id);

  // How many entries were ever added up to `id`, where that can be told (Redis's logical read counter).
  std::optional<int64_t> entries_added_up_to(const StreamId& id) const;
  // How many entries the group has yet to read, where that can be told.
  std::optional<int64_t> lag(const ConsumerGroup& group) const;
  // The group has been given the entry: its last id and its count of entries read move on.
  void advance(ConsumerGroup& group, const StreamId& id) const;

 private:
  struct NodeOrder {
    static const StreamId& key(StreamNode* node) { return node->base; }
  };
  using Nodes = SortedBlocks<StreamNode*, NodeOrder>;
  struct Data {
    Nodes nodes;
    SortedBlocks<ConsumerGroup*, NameOrder<ConsumerGroup>> groups;
    uint64_t length = 0;
    uint64_t entries_added = 0;
    StreamId last_id;
    StreamId max_removed_id;
  };

  // The last node whose base is not above `id`, or the first node, or end().
  Nodes::Place node_for(const StreamId& id) const;
  Nodes::Place erase_node(Nodes::Place place);
  bool is_full(const StreamNode& node, size_t more_bytes, const EncodingLimits& limits) const;
  // Entries of the node at the stream's head that a trim may take; returns whether trimming goes on behind it.
  bool trim_head(const StreamTrim& trim, size_t& removed, Nodes::Place& place);
  size_t trim_node(const StreamTrim& trim, Nodes::Place place);
  bool has_removed_after(const StreamId& id) const;

  template <class Visit>
  void walk(const StreamRange& range, Visit& visit) const {
    const Nodes& nodes = data_->nodes;
    auto place = node_for(range.first);
    if (place == nodes.end()) return;
    auto position = nodes[place]->lower_bound(range.first);
    for (; place != nodes.end(); place = nodes.next(place)) {
      const StreamNode* node = nodes[place];
      if (position == 0) position = node->begin();
      for (; position != node->end(); position = node->next(position)) {
        const PackedEntry entry = node->entry_at(position);
        if (entry.id() > range.last || !visit(entry)) return;
      }
      position = 0;
    }
  }
  template <class Visit>
  void walk_back(const StreamRange& range, Visit& visit) const {
    const Nodes& nodes = data_->nodes;
    auto place = node_for(range.last);
    if (place == nodes.end()) return;
    const auto after = range.last.next();
    auto position = after ? nodes[place]->lower_bound(*after) : nodes[place]->end();
    while (true) {
      const StreamNode* node = nodes[place];
      while (position != node->begin()) {
        position = node->previous(position);
        const PackedEntry entry = node->entry_at(position);
        if (entry.id() < range.first || !visit(entry)) return;
      }
      if (place == nodes.begin()) return;
      place = nodes.previous(place);
      position = nodes[place]->end();
    }
  }

  Data* data_;
};

}  // namespace redstart
