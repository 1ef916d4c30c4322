#include "engine/keyspace.h"

namespace redstart {

DatabaseShard& Shard::database(int db) {
  if (db == 0) return first_database;
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
