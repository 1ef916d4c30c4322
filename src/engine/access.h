// Access: one command's (or one EXEC's) hold on the keyspace while it runs: which shards it has locked,
// what time it is, and what it has changed. Keys are reached only through it.
//
// Threads: thread-compatible, on the stack of the running thread.
#pragma once

#include <array>
#include <atomic>
#include <bitset>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/random.h"
#include "engine/keyspace.h"
#include "engine/shard_locks.h"
#include "types/object.h"

namespace redstart {

struct EncodingLimits;
class Graveyard;  // engine/graveyard.h
class TinyLfu;    // engine/tinylfu/tinylfu.h

// Redis's classes of keyspace notifications.
enum class EventClass : uint8_t {
  generic, string, list, set, hash, zset, stream, expired, evicted, new_key, key_miss,
};
// The class of an event of a key with a value of this type. What may happen to a key of any type (del,
// expire, rename_to ...) is generic.
EventClass event_class_of(Type type, std::string_view event);

// Something that subscribers of keyspace notifications may want to know.
struct KeyEvent {
  int db;
  std::string_view key;
  EventClass event_class;
  std::string_view event;  // "set", "lpush", "del", "expired" ...
};

// Who is to act on a change. Everybody is told of it (notifications, the log).
enum class ChangeAudience : uint8_t {
  all,         // the data changed: watchers, waiters and clients with a cache
  waiters,     // what readers wait for went away, the data did not change (a consumer group is destroyed)
  nobody,      // book-keeping beside the data (what a consumer group delivered)
};

// A change of one key, as told to observers while its shard is still locked.
struct KeyChange {
  int db;
  std::string_view key;
  uint64_t hash;
  EventClass event_class;
  std::string_view event;  // empty: the whole database changed, which is no event of its keys
  bool exists_now;
  ChangeAudience audience = ChangeAudience::all;
};

// What hears of every change. Called with the key's shard locked: must be quick and touch no key.
class ChangeObserver {
 public:
  virtual ~ChangeObserver() = default;
  // A key was changed, which is an event as well.
  virtual void on_change(const KeyChange& change) = 0;
  // An entry that was due or evicted is gone; told while AccessSettings::times_removals is set.
  virtual void on_removal([[maybe_unused]] EventClass why, [[maybe_unused]] uint64_t cycles) {}
  // What is told beside the change, or is none: "new", "keymiss", the "del" of an emptied collection.
  virtual void on_event(const KeyEvent& event) = 0;
};

// How an access to a key is noted in its entry: as Redis's LRU clock or LFU counter, or as a FrequencyMark.
struct AccessPolicy {
  bool lfu = false;             // frequency rather than time
  TinyLfu* tinylfu = nullptr;   // which then keeps the frequency; not owned
  int lfu_log_factor = 10;
  int lfu_decay_time_min = 1;
};
uint32_t initial_access(const AccessPolicy& policy, int64_t now_ms);
// Seconds, as many bits of them as an access has.
inline uint32_t lru_clock(int64_t now_ms) { return static_cast<uint32_t>(now_ms / 1000) & 0xffffff; }
// Seconds since the last access (LRU clock), or how often of late (the counter, as it is worth now).
uint64_t idle_seconds(uint32_t access, int64_t now_ms);
uint8_t lfu_frequency(const AccessPolicy& policy, uint32_t access, int64_t now_ms);
// The accesses of which these would tell so much, for what is loaded.
uint32_t access_of_idle_time(int64_t idle_s, int64_t now_ms);
uint32_t access_of_frequency(uint8_t frequency, int64_t now_ms);

// What Access needs of its surroundings, the same for all commands of a store at a time.
struct AccessSettings {
  AccessPolicy policy;
  Graveyard* graveyard = nullptr;  // for large values that expire or are evicted; null: freed on the spot
  // Smaller ones go there too: lazyfree-lazy-eviction, lazyfree-lazy-expire.
  bool lazy_eviction = false;
  bool lazy_expire = false;
  bool lazy_expiry = true;  // false: expired keys are hidden but not deleted (replicas)
  std::atomic<bool> records_effects{false};    // there is a log that wants them; changed under all locks
  std::atomic<bool> times_removals{false};  // somebody wants to know what removing an entry takes
};

class Access {
 public:
  Access(Keyspace& keyspace, const AccessSettings& settings, ChangeObserver* observer,
         Random& random, int64_t now_ms)
      : keyspace_(keyspace), settings_(settings), observer_(observer), random_(random),
        now_ms_(now_ms), wall_time_ms_(now_ms), lru_clock_(lru_clock(now_ms)) {}
  Access(const Access&) = delete;

  Keyspace& keyspace() { return keyspace_; }
  // Of this time: what is due.
  int64_t now_ms() const { return now_ms_; }
  void set_now_ms(int64_t now_ms) {
    now_ms_ = wall_time_ms_ = now_ms;
    lru_clock_ = lru_clock(now_ms);
  }
  // Of this: what a command notes, or counts from, such as accesses, deadlines to come, ids of streams.
  int64_t wall_time_ms() const { return wall_time_ms_; }
  // Nothing is due any more, as at the beginning of time; the wall time stays.
  void suspend_time() { now_ms_ = 0; }
  ShardLocks& locks() { return locks_; }

  // The live entry, or null. An expired one is deleted on the way.
  Entry* lookup(int db, std::string_view key, uint64_t hash);
  // The same in its shard.
  Entry* lookup(Shard& shard, int db, std::string_view key, uint64_t hash) {
    DatabaseShard* database = shard.find_database(db);
    Entry* entry = database ? database->entries.find(hash, key) : nullptr;
    return entry && entry->has_timer() ? unless_due(shard, db, entry, hash) : entry;
  }
  // The same, noting the access and counting a hit or a miss.
  Entry* lookup_for_reading(int db, std::string_view key, uint64_t hash);
  // The hash of a key; remembers the last one, since a command usually asks more than once.
  uint64_t hash_of(std::string_view key) {
    if (key.data() != last_key_.data() || key.size() != last_key_.size()) {
      last_key_ = key;
      last_hash_ = Keyspace::hash(key);
    }
    return last_hash_;
  }
  void remember_hash(std::string_view key, uint64_t hash) {
    last_key_ = key;
    last_hash_ = hash;
  }
  // A key whose hash was remembered may have gone out of scope: forget it.
  void forget_hash() { last_key_ = {}; }

  // Deletes an entry that is due or evicted. Observers hear of it.
  void remove_entry(Shard& shard, int db, Entry* entry, uint64_t hash, EventClass why,
                    std::string_view event);
  // Removes keys and fields of a locked shard that are due, looking at no more than `records_max` index records
  // and as many fields. Returns whether more may be due.
  bool expire_due(int db, size_t shard_index, size_t records_max);
  // Empties a database of every locked shard; returns how many keys went.
  // Collected entries are handed to `garbage` to be destroyed after the locks are released.
  size_t clear_database(int db, std::vector<EntryTable>& garbage);
  void swap_databases(int first, int second);
  // Tells observers of every key that there is: the data was replaced without a word. REQUIRES: every shard is locked.
  void tell_of_all_keys();

  const AccessSettings& settings() const { return settings_; }
  // Off for clients that said CLIENT NO-TOUCH: reading leaves the entry's access as it is.
  void set_touches(bool on) { touches_ = on; }
  void touch(Entry* entry, uint64_t hash) {
    const uint32_t access = entry->access();
    const uint32_t touched = settings_.policy.lfu ? counted_access(access, hash) : lru_clock_;
    if (touched != access) entry->set_access(touched);  // spares the cache line a write
  }
  // Off during CLIENT PAUSE: expired keys are hidden, and deleted when it is over.
  void set_deletes_expired(bool on) { deletes_expired_ = on; }
  // Tells the observer of events, and of changes in shards too that nobody is known to watch
  // (notifications, tracking by prefix).
  void observe_everything(bool on) { observes_everything_ = on; }
  // Nobody hears of what is done from now on.
  void ignore_observer() { observer_ = nullptr; }
  // An event that comes with no change of its own.
  void tell(const KeyEvent& event) {
    if (observes_everything_ && observer_) [[unlikely]] observer_->on_event(event);
  }
  // A key was looked for and is not there: counts it.
  void note_miss(Shard& shard, int db, std::string_view key) {
    shard.keyspace_misses.add();
    tell({db, key, EventClass::key_miss, "keymiss"});
  }

  // Number of changes of keys so far.
  uint64_t change_count() const { return change_count_; }
  void begin_command(std::string_view name) { command_name_ = name; }

  // Effects: see CommandContext::effect.
  struct Effect {
    int db;
    std::vector<std::string> words;
  };
  bool records_effects() const { return settings_.records_effects.load(std::memory_order_relaxed); }
  // What the command said that it did.
  std::vector<Effect>& effects() { return effects_; }
  // What happened by itself, before that: expiry, eviction.
  std::vector<Effect>& removals() { return removals_; }
  // How many of change_count() were these.
  uint64_t removal_count() const { return removal_count_; }
  // Something changed that is no key (a library of functions).
  void count_change() { ++change_count_; }

 private:
  friend class Edit;
  void count_changes(Shard& shard, uint32_t changes) {
    change_count_ += changes;
    shard.changes.add(changes);
  }
  bool is_observed(const Shard& shard) const {
    return (shard.observers != 0) | observes_everything_;
  }
  // What lookup() gives for an entry with a timer.
  Entry* unless_due(Shard& shard, int db, Entry* entry, uint64_t hash);
  void discard(Entry* entry, uint64_t hash, EventClass why);
  void note(Shard& shard, const KeyChange& change, uint32_t changes);
  // Removes fields of a hash that are due, and the hash with its last one: then `entry` becomes null. Takes
  // what it looked at off `fields_max`; returns whether more may be due.
  bool expire_fields(Shard& shard, int db, Entry*& entry, uint64_t hash, size_t& fields_max);
  // The keys of one record of the expiry index; returns when the record is to come up again.
  struct DueEntries {
    std::vector<Entry*> keys;
    std::vector<Entry*> hashes;
  };
  int64_t find_due(const DatabaseShard& database, uint32_t record, DueEntries& due) const;
  uint32_t counted_access(uint32_t access, uint64_t hash);

  Keyspace& keyspace_;
  const AccessSettings& settings_;
  ChangeObserver* observer_;
  Random& random_;
  int64_t now_ms_;
  int64_t wall_time_ms_;
  uint32_t lru_clock_;  // of that
  ShardLocks locks_;
  std::string_view last_key_;
  uint64_t last_hash_ = 0;
  std::string_view command_name_;
  uint64_t change_count_ = 0;
  uint64_t removal_count_ = 0;
  bool touches_ = true;
  bool deletes_expired_ = true;
  bool observes_everything_ = false;
  std::vector<Effect> effects_, removals_;
};

}  // namespace redstart
