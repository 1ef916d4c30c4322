// Keyspace: all databases of one store, split into shards by the hash of the key.
//
// Threads: thread-safe where a method takes locks itself (said there); otherwise the caller holds the
// locks of the shards that it touches. Ownership: owns the shards and every entry in them.
#pragma once

#include <cstdint>
#include <memory>
#include <span>

#include "base/clock.h"
#include "engine/shard.h"

namespace redstart {

struct KeyspaceTotals {
  uint64_t hits = 0, misses = 0, expired = 0, expired_fields = 0, evicted = 0, changes = 0;
  int64_t used_bytes = 0;
};

class Keyspace {
 public:
  static constexpr size_t kShardBits = 10;
  static constexpr size_t kShards = size_t{1} << kShardBits;

  explicit Keyspace(int databases);
  ~Keyspace();

  static uint64_t hash(std::string_view key) { return hash_bytes(key); }
  // The top bits choose the shard; the tables inside use the low ones.
  static size_t shard_index(uint64_t hash) { return hash >> (64 - kShardBits); }
  Shard& shard(size_t index) { return shards_[index]; }
  std::span<Shard> shards() { return {shards_.get(), kShards}; }
  // Who holds it may wait for shards while holding others: see ShardLocks.
  ShardLock& token() { return token_; }
  int database_count() const { return databases_; }

  // Puts a new entry in. False: there is one with its key already. REQUIRES: the key's shard is locked.
  bool insert(int db, uint64_t hash, Entry* entry);

  // So many keys are about to be put into a database that is empty: has their tables made at once rather than grown.
  // Locks each shard for a moment.
  void make_room(int db, size_t keys);

  // Keys in a database, expired ones that are still in memory included (as DBSIZE). Takes no locks.
  size_t key_count(int db) const;
  size_t volatile_count(int db) const;
  // Hashes of which fields have deadlines.
  size_t timed_hash_count(int db) const;
  KeyspaceTotals totals() const;
  // The sum of the shards' memory accounts.
  int64_t used_bytes() const;

  // --- The same sum as a running total, for a memory limit. Each thread adds to it what it has changed before it
  // unlocks a shard.

  // Until this has been called once, and from stop_counting_bytes() on, the total is kUncounted. Locks every
  // shard once. REQUIRES: no shard is locked by this thread.
  void count_bytes();
  void stop_counting_bytes();
  static constexpr int64_t kUncounted = int64_t{1} << 62;
  int64_t counted_bytes() const { return counted_bytes_.load(std::memory_order_relaxed); }
  // REQUIRES: the lock of the account's shard is held.
  void settle(heap::MemoryAccount& account) {
    if (counts_bytes_.load(std::memory_order_relaxed)) [[unlikely]] add_to_total(account);
  }
  void reset_statistics();

  // Some shard has a preserver. A hint, unless all shards are locked.
  bool is_preserved() const { return is_preserved_.load(std::memory_order_relaxed); }
  void set_preserved(bool on) { is_preserved_.store(on, std::memory_order_relaxed); }

 private:
  void add_to_total(heap::MemoryAccount& account);

  const int databases_;
  std::unique_ptr<Shard[]> shards_;
  std::atomic<bool> counts_bytes_{false};
  std::atomic<bool> is_preserved_{false};
  alignas(64) std::atomic<int64_t> counted_bytes_{kUncounted};
  ShardLock token_;
};

}  // namespace redstart
