#include "engine/keyspace.h"

#include <mutex>
#include <utility>

namespace redstart {

DatabaseShard& Shard::other_database(int db) {
  auto& slot = other_databases[static_cast<size_t>(db) - 1];
  if (!slot) slot = std::make_unique<DatabaseShard>();
  return *slot;
}

Keyspace::Keyspace(int databases)
    : databases_(databases), shards_(std::make_unique<Shard[]>(kShards)) {
  for (Shard& shard : shards()) {
    shard.other_databases.resize(static_cast<size_t>(databases - 1));
    shard.counts = std::make_unique<KeyCounts[]>(static_cast<size_t>(databases));
  }
}

Keyspace::~Keyspace() {
  for (Shard& shard : shards()) {
    for (int db = 0; db < databases_; ++db) {
      if (DatabaseShard* database = shard.find_database(db)) database->entries.clear(Entry::destroy);
    }
  }
}

bool Keyspace::insert(int db, uint64_t hash, Entry* entry) {
  Shard& home = shard(shard_index(hash));
  DatabaseShard& database = home.database(db);
  if (database.entries.find(hash, entry->key())) return false;
  entry->set_epoch(home.epoch);
  database.entries.insert(hash, entry);
  home.counts[db].keys.add();
  home.counts[db].add_timers(*entry);
  if (entry->has_timer()) database.expiries.add(hash, entry->next_timer_ms());
  return true;
}

void Keyspace::make_room(int db, size_t keys) {
  for (Shard& shard : shards()) {
    const std::lock_guard lock(shard.lock);
    const heap::AccountScope account(shard.memory);
    shard.database(db).entries.presize(keys / kShards);
    settle(shard.memory);
  }
}

size_t Keyspace::key_count(int db) const {
  uint64_t count = 0;
  for (size_t index = 0; index < kShards; ++index) count += shards_[index].counts[db].keys.get();
  return count;
}

size_t Keyspace::volatile_count(int db) const {
  uint64_t count = 0;
  for (size_t index = 0; index < kShards; ++index) {
    count += shards_[index].counts[db].volatile_keys.get();
  }
  return count;
}

size_t Keyspace::timed_hash_count(int db) const {
  uint64_t count = 0;
  for (size_t index = 0; index < kShards; ++index) {
    count += shards_[index].counts[db].timed_hashes.get();
  }
  return count;
}

KeyspaceTotals Keyspace::totals() const {
  KeyspaceTotals totals;
  for (size_t index = 0; index < kShards; ++index) {
    const Shard& shard = shards_[index];
    totals.hits += shard.keyspace_hits.get();
    totals.misses += shard.keyspace_misses.get();
    totals.expired += shard.expired_keys.get();
    totals.expired_fields += shard.expired_fields.get();
    totals.evicted += shard.evicted_keys.get();
    totals.changes += shard.changes.get();
    totals.used_bytes += shard.memory.used_bytes.load(std::memory_order_relaxed);
  }
  return totals;
}

int64_t Keyspace::used_bytes() const {
  int64_t bytes = 0;
  for (size_t index = 0; index < kShards; ++index) {
    bytes += shards_[index].memory.used_bytes.load(std::memory_order_relaxed);
  }
  return bytes;
}

void Keyspace::count_bytes() {
  for (Shard& shard : shards()) {
    const std::lock_guard lock(shard.lock);
    shard.memory.settled_bytes = 0;
  }
  counted_bytes_.store(0, std::memory_order_relaxed);
  counts_bytes_.store(true, std::memory_order_relaxed);
  // What another thread settles first is not added twice.
  for (Shard& shard : shards()) {
    const std::lock_guard lock(shard.lock);
    add_to_total(shard.memory);
  }
}

void Keyspace::stop_counting_bytes() {
  counts_bytes_.store(false, std::memory_order_relaxed);
  counted_bytes_.store(kUncounted, std::memory_order_relaxed);
}

void Keyspace::add_to_total(heap::MemoryAccount& account) {
  const int64_t used = account.used_bytes.load(std::memory_order_relaxed);
  if (used == account.settled_bytes) return;
  const int64_t change = used - std::exchange(account.settled_bytes, used);
  counted_bytes_.fetch_add(change, std::memory_order_relaxed);
}

void Keyspace::reset_statistics() {
  for (Shard& shard : shards()) {
    shard.lock.lock();
    shard.keyspace_hits.reset();
    shard.keyspace_misses.reset();
    shard.expired_keys.reset();
    shard.expired_fields.reset();
    shard.evicted_keys.reset();
    shard.lock.unlock();
  }
}

}  // namespace redstart
