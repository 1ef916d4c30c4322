// Shard: a slice of the keyspace with a lock of its own. What is in it may be touched only while
// `lock` is held; ShardLocks takes them so that nobody waits in a circle.
//
// Threads: shard-local. Ownership: the Keyspace owns the shards, a shard its entries.
#pragma once

#include <memory>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "base/expiry_index.h"
#include "base/hash.h"
#include "base/hash_table.h"
#include "base/heap.h"
#include "base/lock.h"
#include "engine/counter.h"
#include "engine/entry.h"
#include "engine/tinylfu/ghost_table.h"

namespace redstart {

struct EntryPolicy {
  using Record = Entry;
  static uint64_t hash(const Entry* entry) { return hash_bytes(entry->key()); }
  static bool equals(const Entry* entry, std::string_view key) { return is_same(entry->key(), key); }
};
using EntryTable = HashTable<EntryPolicy>;

// How far a snapshot has come with a table. It stays with the table when databases are swapped.
struct SnapshotWalk {
  int db = 0;           // the database that the table was at the cut
  uint64_t cursor = 0;  // of EntryTable::scan
  bool done = true;     // everything of before the cut is written down, or gone to the preserver
};

// One database's part of a shard.
struct DatabaseShard {
  EntryTable entries;
  ExpiryIndex expiries;
  SnapshotWalk walk;
};

struct Shard;

// What writes down a shard as it was at a point in time, the cut, while it is being changed: each entry is
// given to it before it is first changed afterwards.
class Preserver {
 public:
  virtual ~Preserver() = default;
  // REQUIRES for all: the shard is locked.
  virtual void preserve(Shard& shard, int db, const Entry& entry) = 0;
  // Some of an entry that is large, so that preserve() has little or nothing left to do when the shard was unlocked in
  // between. False: that is so. REQUIRES: it was not preserved yet.
  virtual bool preserve_some(Shard& shard, int db, Entry& entry) = 0;
  // Whether preserve() would take noticeably long. REQUIRES: it was not preserved yet.
  virtual bool takes_long(const Entry& entry) const = 0;
  // An entry that has left its table, in place of preserve(). False: that would take no time, and is to be called.
  // REQUIRES: it was not preserved yet.
  virtual bool take_over(Shard& shard, int db, Entry* entry) = 0;
  // A table that is flushed. Entries of the cut's epoch or later may be in it.
  virtual void take_over(Shard& shard, int db, EntryTable table) = 0;
};

// How many keys a database has in a shard, readable without the lock.
struct KeyCounts {
  Counter keys;
  Counter volatile_keys;  // those with a deadline
  Counter timed_hashes;   // hashes of which fields have deadlines

  void subtract(const Entry& entry) {
    keys.subtract();
    subtract_timers(entry);
  }
  void add_timers(const Entry& entry) {
    if (!entry.has_timer()) return;
    if (entry.has_deadline()) volatile_keys.add();
    if (entry.has_timed_fields()) timed_hashes.add();
  }
  void subtract_timers(const Entry& entry) {
    if (!entry.has_timer()) return;
    if (entry.has_deadline()) volatile_keys.subtract();
    if (entry.has_timed_fields()) timed_hashes.subtract();
  }
};

// Those who have asked to hear of changes of some keys of a shard.
enum ShardObserver : uint8_t {
  kWaiting = 1,   // WATCH and blocking commands
  kTracking = 2,  // clients that cache
};

struct alignas(64) Shard {
  ShardLock lock;
  // Who must be told of changes here: bits of ShardObserver.
  uint8_t observers = 0;
  // Flips at each cut: entries that have another one are of before it, and not written down yet.
  bool epoch = false;
  Preserver* preserver = nullptr;  // while something of before the cut is to be preserved
  uint64_t log_position = 0;       // behind what was logged last of its keys
  DatabaseShard first_database;
  std::vector<std::unique_ptr<DatabaseShard>> other_databases;  // by db - 1, made on first use
  std::unique_ptr<KeyCounts[]> counts;                          // by db
  heap::MemoryAccount memory;
  Counter keyspace_hits;
  Counter keyspace_misses;
  Counter expired_keys;
  Counter expired_fields;
  Counter evicted_keys;
  Counter changes;  // since the last save
  GhostTable ghosts;  // under the tinylfu policies; otherwise empty

  void set_observed_by(ShardObserver observer, bool on) {
    observers = static_cast<uint8_t>(on ? observers | observer : observers & ~observer);
  }

  // Null when the database has never held a key here.
  DatabaseShard* find_database(int db) {
    if (db == 0) return &first_database;
    return other_databases[static_cast<size_t>(db) - 1].get();
  }
  DatabaseShard& database(int db) { return db == 0 ? first_database : other_database(db); }
  DatabaseShard& other_database(int db);
  // Before `entry` is changed or goes.
  void preserve(const DatabaseShard& database, Entry* entry) {
    if (preserver && entry->epoch() != epoch) [[unlikely]] {
      preserver->preserve(*this, database.walk.db, *entry);
      entry->set_epoch(epoch);
    }
  }
  // The same for one that has left its table. True: the preserver has taken it over, and it is nobody else's any more.
  bool preserve_removed(const DatabaseShard& database, Entry* entry) {
    if (!preserver || entry->epoch() == epoch) [[likely]] return false;
    if (preserver->take_over(*this, database.walk.db, entry)) return true;
    preserve(database, entry);
    return false;
  }
  // What preserve() would do for this key, a part at a time, the shard being unlocked in between. False: all of it is
  // done, or it takes no time.
  bool preserve_some(int db, uint64_t hash, std::string_view key) {
    DatabaseShard* database = preserver ? find_database(db) : nullptr;
    Entry* entry = database ? database->entries.find(hash, key) : nullptr;
    return entry && preserve_some(*database, entry);
  }
  bool preserve_some(const DatabaseShard& database, Entry* entry) {
    return preserver && entry->epoch() != epoch && preserver->preserve_some(*this, database.walk.db, *entry);
  }
  bool takes_long_to_preserve(const Entry* entry) const {
    return preserver && entry->epoch() != epoch && preserver->takes_long(*entry);
  }
};

}  // namespace redstart
