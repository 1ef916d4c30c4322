// CacheTable: what a client keeps of a store: values by their keys, within a number of bytes.
//
// Shards with a lock each. In a shard, an open-addressed index leads to entries of one allocation
// each:
//
//   index: [tag | entry*] ...          entry: hash, mark, window links, key, value
//
// What is kept is decided as by the engine's tinylfu policies (engine/tinylfu, where the reasons
// stand), in bytes: a new entry goes through a FIFO window, at whose end it meets the least used of
// six others; ghosts remember how often evicted keys were used; a Tuner chooses window and time by
// miniatures.
//
// A fill that was under way when its key was invalidated, or when all was dropped, is not kept:
// begin_fill() gives a ticket before the store is asked, and what the ticket's key has suffered
// meanwhile is known when finish_fill() comes.
//
// Invariants (check_invariants): entries are in the index once; bytes are the sum of the entries';
// the window's list has those whose mark says so.
//
// Threads: thread-safe. Ownership: owns the entries.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/lock.h"
#include "base/random.h"
#include "engine/tinylfu/ghost_table.h"
#include "engine/tinylfu/tuner.h"

namespace redstart {

class CacheTable {
 public:
  // `entry_bytes_max`: larger ones are not kept.
  CacheTable(size_t bytes_max, size_t entry_bytes_max);
  ~CacheTable();
  CacheTable(const CacheTable&) = delete;

  // What an entry with this key and value weighs.
  static size_t weight(size_t key_bytes, size_t value_bytes) {
    return sizeof(Entry) + kIndexBytes + key_bytes + value_bytes;
  }

  // Calls `use` with the value if the key is there, under the shard's lock: nothing for a key that
  // is known to be missing in the store. False: the key is not here. O(1); allocates nothing.
  template <class Use>
  bool find(std::string_view key, Use&& use) {
    const uint64_t hash = hash_of(key);
    Shard& shard = shard_of(hash);
    {
      const std::lock_guard lock(shard.lock);
      Entry* const entry = shard.find(hash, key);
      if (!entry) {
        ++shard.misses;
        return false;
      }
      ++shard.hits;
      shard.note_use(*entry, *this);
      use(entry->value());
    }
    if (Tuner::is_sampled(hash, tuner_shift_.load(std::memory_order_relaxed))) [[unlikely]]
      tell_tuner(hash);
    return true;
  }

  struct Ticket {
    uint64_t hash;
    uint64_t version;
    uint64_t epoch;
  };
  Ticket begin_fill(std::string_view key);
  // Nothing: the store has no such key. False: it is not kept, since it may be out of date or is
  // too large.
  bool finish_fill(const Ticket& ticket, std::string_view key,
                   std::optional<std::string_view> value);
  void give_up_fill(const Ticket& ticket);

  void invalidate(std::string_view key);
  // Drops everything; no fill that is under way is kept. O(entries).
  void clear();

  struct Counts {
    uint64_t hits = 0, misses = 0, evictions = 0, late_fills = 0;
    size_t entries = 0, bytes = 0;
  };
  Counts counts() const;
  bool check_invariants() const;

 private:
  struct Entry {
    uint64_t hash;
    Entry *newer, *older;  // in the window
    uint32_t position;     // in Shard::entries
    uint32_t mark;         // FrequencyMark
    uint32_t key_bytes;
    uint32_t value_bytes;
    bool is_missing;  // the store has no such key
    char* bytes() { return reinterpret_cast<char*>(this + 1); }
    const char* bytes() const { return reinterpret_cast<const char*>(this + 1); }
    std::string_view key() const { return {bytes(), key_bytes}; }
    std::optional<std::string_view> value() const {
      if (is_missing) return std::nullopt;
      return std::string_view(bytes() + key_bytes, value_bytes);
    }
    size_t weight() const { return CacheTable::weight(key_bytes, value_bytes); }
  };
  // Two slots of the index and one of `entries` for each.
  static constexpr size_t kIndexBytes = 3 * sizeof(void*);

  struct Fills {
    uint32_t count = 0;
    uint64_t version = 0;
  };
  // Guarded by `lock`.
  struct alignas(64) Shard {
    ShardLock lock;
    std::vector<Entry*> index;  // null: free
    std::vector<Entry*> entries;
    Entry *newest = nullptr, *oldest = nullptr;  // the window
    size_t bytes = 0, window_bytes = 0;
    GhostTable ghosts;
    Random random{system_seed()};
    uint32_t tick = 0;
    uint64_t uses = 0;  // since the last tick
    std::unordered_map<uint64_t, Fills> fills;
    uint64_t hits = 0, misses = 0, evictions = 0, late_fills = 0;

    size_t place_of(uint64_t hash) const {
      return (hash * 0x9e3779b97f4a7c15) >> 32 & (index.size() - 1);
    }
    Entry* find(uint64_t hash, std::string_view key) const {
      for (size_t at = place_of(hash); index[at]; at = (at + 1) & (index.size() - 1)) {
        if (index[at]->hash == hash && index[at]->key() == key) return index[at];
      }
      return nullptr;
    }
    void note_use(Entry& entry, const CacheTable& table);
    void advance_clock(const TinyLfuTuning& tuning);
    uint32_t period() const { return tick / FrequencyMark::kTicksPerPeriod; }
    void insert(Entry* entry);
    void link(Entry* entry);
    void unlink(Entry* entry);
    void leave_window(Entry* entry);
    void remove(Entry* entry);
    void evict(Entry* entry);
    Entry* find_victim();
    void make_room(size_t bytes_max, const TinyLfuTuning& tuning);
  };

  static uint64_t hash_of(std::string_view key);
  Shard& shard_of(uint64_t hash) { return shards_[hash >> 48 & (shard_count_ - 1)]; }
  const TinyLfuTuning& tuning() const {
    return Tuner::kTunings[tuning_.load(std::memory_order_relaxed)];
  }
  void tell_tuner(uint64_t hash);
  static Entry* make_entry(uint64_t hash, std::string_view key,
                           std::optional<std::string_view> value);
  // REQUIRES: the shard's lock. Whether the fill may be kept.
  bool end_fill(Shard& shard, const Ticket& ticket);

  const size_t entry_bytes_max_;
  const size_t shard_count_;
  const size_t shard_bytes_max_;
  const std::unique_ptr<Shard[]> shards_;
  std::atomic<uint64_t> epoch_{0};
  std::atomic<size_t> entries_{0};
  std::atomic<int> tuner_shift_{0};
  std::atomic<size_t> tuning_{0};
  std::mutex tuner_mutex_;  // guards what follows
  Tuner tuner_;
  Random tuner_random_{system_seed()};
};

}  // namespace redstart
