// Shard: a slice of the keyspace with a lock of its own. What is in it may be touched only while
// `lock` is held; ShardLocks takes them so that nobody waits in a circle.
//
// Threads: shard-local. Ownership: the Keyspace owns the shards, a shard its entries.
#pragma once

#include <memory>
#include <vector>

#include "base/hash.h"
#include "base/hash_table.h"
#include "base/heap.h"
#include "base/lock.h"
#include "engine/counter.h"
#include "engine/entry.h"
#include "engine/expiry_index.h"

namespace redstart {

struct EntryPolicy {
  using Record = Entry;
  static uint64_t hash(const Entry* entry) { return hash_bytes(entry->key()); }
  static bool equals(const Entry* entry, std::string_view key) { return entry->key() == key; }
};
using EntryTable = HashTable<EntryPolicy>;

// One database's part of a shard.
struct DatabaseShard {
  EntryTable entries;
  ExpiryIndex expiries;
};

// How many keys a database has in a shard, readable without the lock.
struct KeyCounts {
  Counter keys;
  Counter volatile_keys;  // those with a deadline
};

struct alignas(64) Shard {
  ShardLock lock;
  // Somebody watches or waits for a key of this shard: changes must be told to them.
  bool has_observers = false;
  DatabaseShard first_database;
  std::vector<std::unique_ptr<DatabaseShard>> other_databases;  // by db - 1, made on first use
  std::unique_ptr<KeyCounts[]> counts;                          // by db
  heap::MemoryAccount memory;
  Counter keyspace_hits;
  Counter keyspace_misses;
  Counter expired_keys;
  Counter evicted_keys;
  Counter changes;  // since the last save

  // Null when the database has never held a key here.
  DatabaseShard* find_database(int db) {
    if (db == 0) return &first_database;
    return other_databases[static_cast<size_t>(db) - 1].get();
  }
  DatabaseShard& database(int db);
};

}  // namespace redstart
