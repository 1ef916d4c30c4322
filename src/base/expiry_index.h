// ExpiryIndex: finds the keys of a table that are due, without scanning it, in about five bytes a key. Keys are
// those of a database, or the fields of a big hash.
//
// A radix heap over deadlines (Ahuja, Mehlhorn, Orlin, Tarjan 1990): since time only moves forward, a
// record is filed by the highest bit in which its tick differs from the last tick that was collected,
// and is refiled at most once per bit. Group 0 holds what may be due. A record is only 32 bits of
// the key's hash: the deadline itself is read from the entry when the record's group comes up.
// Therefore
//   1. every key with a deadline has a record in a group that comes up no later than its deadline;
//   2. there may be records without such a key (it was deleted, or its deadline was moved): harmless,
//      they are dropped, or refiled by the deadline that the key has now.
// A deadline that moves later needs no new record (the old one comes up early and is refiled), so a
// session that is prolonged at each request costs nothing here.
//
// Threads: shard-local. Memory from heap::.
#pragma once

#include <algorithm>
#include <cstdint>
#include <vector>

#include "base/heap.h"

namespace redstart {

class ExpiryIndex {
 public:
  // Ticks of 64 ms: expiry is exact on access, the index only decides when memory is freed.
  static constexpr int kTickShift = 6;

  // Ticks of 2^tick_shift ms: shorter ones bring keys up more exactly and file each more often.
  explicit ExpiryIndex(int tick_shift = kTickShift) : tick_shift_(tick_shift) {}

  // Time began to count at `now_ms`: spares an index that is made late the refiling up to then.
  // REQUIRES: it is empty.
  void start_at(int64_t now_ms) { last_tick_ = tick_of(std::max<int64_t>(now_ms, 0)); }

  // A key with this hash got `deadline_ms`, where it had none or a later one before.
  void add(uint64_t hash, int64_t deadline_ms);
  // Calls `visit(hash32) -> int64_t` for records that may be due at `now_ms`, at most `records_max`.
  // visit frees what is due and returns kDropped, or the deadline of a key that is not due yet.
  // Returns whether due records remain.
  template <class Visit>
  bool collect(int64_t now_ms, size_t records_max, Visit&& visit);

  // A time before which nothing is due, and which is reached no later than the first deadline; kDropped: there
  // are no records. It moves on when what it announced is collected.
  int64_t earliest_ms() const;

  size_t record_count() const { return record_count_; }
  size_t memory_bytes() const;
  void clear();

  static uint32_t record_of(uint64_t hash) { return static_cast<uint32_t>(hash); }
  static constexpr int64_t kDropped = -1;

 private:
  using Records = std::vector<uint32_t, heap::Allocator<uint32_t>>;
  // Few of the groups have records at a time, and only those exist.
  struct Group {
    size_t index;
    Records records;
  };
  using Groups = std::vector<Group, heap::Allocator<Group>>;
  uint64_t tick_of(int64_t ms) const { return static_cast<uint64_t>(ms) >> tick_shift_; }
  // 0: due. Otherwise one more than the highest bit in which `tick` differs from the last tick.
  size_t group_of(uint64_t tick) const {
    return tick <= last_tick_ ? 0 : static_cast<size_t>(64 - __builtin_clzll(tick ^ last_tick_));
  }
  // Every record in a group up to that of `tick` may be due then: they move to group 0. The groups
  // above keep their highest differing bit, so they stay where they are.
  void advance_to(uint64_t tick);
  void file(uint32_t record, uint64_t tick);

  int tick_shift_;
  uint64_t last_tick_ = 0;
  size_t record_count_ = 0;
  Records due_;  // group 0
  Groups groups_;  // the others, in no order
};

template <class Visit>
bool ExpiryIndex::collect(int64_t now_ms, size_t records_max, Visit&& visit) {
  advance_to(tick_of(now_ms));
  for (size_t visited = 0; visited < records_max && !due_.empty(); ++visited) {
    const uint32_t record = due_.back();
    due_.pop_back();
    --record_count_;
    const int64_t deadline_ms = visit(record);
    if (deadline_ms == kDropped) continue;
    file(record, std::max(tick_of(deadline_ms), last_tick_ + 1));
  }
  if (!due_.empty()) return true;
  Records().swap(due_);
  return false;
}

}  // namespace redstart
