// ConsumerGroup: how far a group of consumers has read a stream, and which entries it was given and has not
// acknowledged (Redis's pending entries list).
//
// A pending entry is kept once in the group, with its consumer and its deliveries, and as an id in its consumer.
// An entry may be pending that the stream no longer has.
//
// Invariant: the consumers' pending ids are exactly the group's pending entries of that consumer.
//
// Threads: shard-local. Ownership: the stream's. Memory from heap::, the name behind the struct.
#pragma once

#include <cstdint>
#include <string_view>

#include "types/stream/sorted_blocks.h"
#include "types/stream/stream_id.h"

namespace redstart {

struct IdOrder {
  static const StreamId& key(const StreamId& id) { return id; }
};

struct Consumer {
  static constexpr int64_t kNeverActive = -1;

  int64_t seen_ms;    // its last attempt to read or claim
  int64_t active_ms;  // the last one that gave it an entry, or kNeverActive
  SortedBlocks<StreamId, IdOrder> pending;
  uint32_t name_bytes;
  std::string_view name() const { return {reinterpret_cast<const char*>(this + 1), name_bytes}; }
};

struct PendingEntry {
  StreamId id;
  int64_t delivered_ms;
  int64_t delivery_count;
  Consumer* consumer;
};

struct PendingOrder {
  static const StreamId& key(const PendingEntry& pending) { return pending.id; }
};
template <class T>
struct NameOrder {
  static std::string_view key(T* named) { return named->name(); }
};

struct ConsumerGroup {
  static constexpr int64_t kUnknown = -1;

  StreamId last_id;      // the last one delivered
  int64_t entries_read;  // how many entries were ever added up to last_id, or kUnknown
  SortedBlocks<PendingEntry, PendingOrder> pending;
  SortedBlocks<Consumer*, NameOrder<Consumer>> consumers;
  uint32_t name_bytes;

  static ConsumerGroup* create(std::string_view name, const StreamId& last_id, int64_t entries_read);
  static ConsumerGroup* clone(const ConsumerGroup& group);
  static void destroy(ConsumerGroup* group);

  std::string_view name() const { return {reinterpret_cast<const char*>(this + 1), name_bytes}; }

  Consumer* find_consumer(std::string_view name) const;
  // REQUIRES: there is none of this name.
  Consumer& create_consumer(std::string_view name, int64_t now_ms);
  // Its pending entries go too.
  void destroy_consumer(Consumer& consumer);

  // The entry becomes the consumer's first delivery, whosever it was before.
  PendingEntry& deliver(const StreamId& id, Consumer& consumer, int64_t now_ms);
  // A pending entry becomes another consumer's.
  void assign(PendingEntry& pending, Consumer& consumer);
  // Forgets a pending entry; returns whether there was one.
  bool forget(const StreamId& id);

  size_t memory_bytes() const;
  void check_invariants() const;
};

}  // namespace redstart
