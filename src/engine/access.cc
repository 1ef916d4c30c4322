#include "engine/access.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <utility>

#include "types/hash/hash.h"

#include "base/cycle_clock.h"
#include "engine/graveyard.h"
#include "engine/tinylfu/tinylfu.h"

namespace redstart {
namespace {

constexpr uint32_t kAccessMask = 0xffffff;
constexpr uint8_t kLfuInitial = 5;
constexpr size_t kFieldsPerLookup = 64;  // due fields of a big hash that are freed when somebody looks at it
constexpr size_t kLazyElements = 64;  // from which on lazyfree-* is worth it, as in Redis

uint32_t lfu_minutes(int64_t now_ms) { return static_cast<uint32_t>(now_ms / 60000) & 0xffff; }

// Between two readings of a clock that starts again after `last`; across that, one less than it is, as in Redis.
uint32_t elapsed(uint32_t then, uint32_t now, uint32_t last) {
  return now >= then ? now - then : now + last - then;
}

// Morris counting as in Redis: the more often counted, the less likely the next count.
uint8_t lfu_increment(uint8_t counter, int log_factor, uint64_t random) {
  if (counter == 255) return counter;
  const double base = counter > kLfuInitial ? counter - kLfuInitial : 0;
  const double chance = 1.0 / (base * log_factor + 1);
  return static_cast<double>(random >> 11) * 0x1.0p-53 < chance ? counter + 1 : counter;
}

}  // namespace

EventClass event_class_of(Type type, std::string_view event) {
  constexpr std::array<std::string_view, 9> kOfAnyType = {
      "del", "expire", "persist", "rename_from", "rename_to",
      "move_from", "move_to", "copy_to", "restore"};
  if (std::ranges::find(kOfAnyType, event) != kOfAnyType.end()) return EventClass::generic;
  switch (type) {
    case Type::none: return EventClass::generic;
    case Type::string: return EventClass::string;
    case Type::list: return EventClass::list;
    case Type::set: return EventClass::set;
    case Type::zset: return EventClass::zset;
    case Type::hash: return EventClass::hash;
    case Type::stream: return EventClass::stream;
  }
  return EventClass::generic;
}

uint32_t initial_access(const AccessPolicy& policy, int64_t now_ms) {
  if (policy.tinylfu) return FrequencyMark(1, false, policy.tinylfu->now_tick()).bits();
  return policy.lfu ? lfu_minutes(now_ms) << 8 | kLfuInitial : lru_clock(now_ms);
}

uint8_t lfu_frequency(const AccessPolicy& policy, uint32_t access, int64_t now_ms) {
  if (policy.tinylfu) {
    return static_cast<uint8_t>(FrequencyMark(access).count(policy.tinylfu->now_tick()));
  }
  const auto counter = static_cast<uint8_t>(access);
  if (policy.lfu_decay_time_min == 0) return counter;
  const uint32_t elapsed_min = elapsed(access >> 8, lfu_minutes(now_ms), 0xffff);
  const uint32_t periods = elapsed_min / static_cast<uint32_t>(policy.lfu_decay_time_min);
  return periods >= counter ? 0 : static_cast<uint8_t>(counter - periods);
}

uint64_t idle_seconds(uint32_t access, int64_t now_ms) {
  return elapsed(access, lru_clock(now_ms), kAccessMask);
}

uint32_t access_of_idle_time(int64_t idle_s, int64_t now_ms) {
  const auto idle = static_cast<uint32_t>(std::min<int64_t>(idle_s, kAccessMask));
  return (lru_clock(now_ms) - idle) & kAccessMask;
}

uint32_t access_of_frequency(uint8_t frequency, int64_t now_ms) {
  return lfu_minutes(now_ms) << 8 | frequency;
}

Entry* Access::lookup(int db, std::string_view key, uint64_t hash) {
  return lookup(keyspace_.shard(Keyspace::shard_index(hash)), db, key, hash);
}

Entry* Access::unless_due(Shard& shard, int db, Entry* entry, uint64_t hash) {
  if (entry->is_expired(now_ms_)) [[unlikely]] {
    if (settings_.lazy_expiry && deletes_expired_) {
      shard.expired_keys.add();
      remove_entry(shard, db, entry, hash, EventClass::expired, "expired");
    }
    return nullptr;
  }
  if (entry->has_timed_fields() && settings_.lazy_expiry && entry->next_timer_ms() <= now_ms_) [[unlikely]] {
    if (shard.takes_long_to_preserve(entry)) return entry;  // they are hidden until expire_due() has done that
    size_t fields_max = kFieldsPerLookup;
    expire_fields(shard, db, entry, hash, fields_max);
  }
  return entry;
}

Entry* Access::lookup_for_reading(int db, std::string_view key, uint64_t hash) {
  Shard& shard = keyspace_.shard(Keyspace::shard_index(hash));
  Entry* entry = lookup(shard, db, key, hash);
  if (!entry) {
    note_miss(shard, db, key);
    return nullptr;
  }
  shard.keyspace_hits.add();
  if (touches_) touch(entry, hash);
  return entry;
}

uint32_t Access::counted_access(uint32_t access, uint64_t hash) {
  const AccessPolicy& policy = settings_.policy;
  if (policy.tinylfu) return policy.tinylfu->on_use(access, hash, random_);
  const uint8_t counter = lfu_frequency(policy, access, wall_time_ms_);
  return lfu_minutes(wall_time_ms_) << 8 | lfu_increment(counter, policy.lfu_log_factor, random_.next());
}

void Access::remove_entry(Shard& shard, int db, Entry* entry, uint64_t hash, EventClass why,
                          std::string_view event) {
  const bool is_timed = observer_ && settings_.times_removals.load(std::memory_order_relaxed);
  const uint64_t begun_cycles = is_timed ? CycleClock::now() : 0;
  DatabaseShard& database = shard.database(db);
  database.entries.erase(hash, entry->key());
  shard.counts[db].subtract(*entry);
  note(shard, {db, entry->key(), hash, why, event, false}, 1);
  ++removal_count_;
  if (records_effects()) removals_.push_back({db, {"DEL", std::string(entry->key())}});
  if (!shard.preserve_removed(database, entry)) discard(entry, hash, why);
  if (is_timed) observer_->on_removal(why, CycleClock::now() - begun_cycles);
}

void Access::discard(Entry* entry, uint64_t hash, EventClass why) {
  const bool lazily = why == EventClass::evicted ? settings_.lazy_eviction : settings_.lazy_expire;
  const size_t elements_max = lazily ? kLazyElements : Graveyard::kElements;
  if (settings_.graveyard && Graveyard::is_large(*entry, elements_max)) {
    return settings_.graveyard->bury(Keyspace::shard_index(hash), entry);
  }
  Entry::destroy(entry);
}

bool Access::expire_due(int db, size_t shard_index, size_t records_max) {
  Shard& shard = keyspace_.shard(shard_index);
  DatabaseShard* database = shard.find_database(db);
  if (!database) return false;
  DueEntries due;
  bool more = database->expiries.collect(now_ms_, records_max, [&](uint32_t record) {
    return find_due(*database, record, due);
  });
  for (Entry* entry : due.keys) {
    shard.expired_keys.add();
    remove_entry(shard, db, entry, Keyspace::hash(entry->key()), EventClass::expired, "expired");
  }
  size_t fields_max = records_max;
  for (Entry* entry : due.hashes) {
    const uint64_t hash = Keyspace::hash(entry->key());
    if (fields_max > 0 && shard.preserve_some(*database, entry)) fields_max = 0;  // one piece of one hash at a time
    if (fields_max == 0 || expire_fields(shard, db, entry, hash, fields_max)) more = true;
    // Its record is used up. What remains due comes up at once.
    if (entry && entry->has_timer()) database->expiries.add(hash, entry->next_timer_ms());
  }
  return more;
}

int64_t Access::find_due(const DatabaseShard& database, uint32_t record, DueEntries& due) const {
  // The record's key is one of its bucket's; a record whose key is gone finds none. Keys that share
  // half a hash share their records: the earliest deadline is the one to come back for.
  int64_t next_ms = ExpiryIndex::kDropped;
  const auto add = [](std::vector<Entry*>& entries, Entry* entry) {
    if (std::find(entries.begin(), entries.end(), entry) == entries.end()) entries.push_back(entry);
  };
  database.entries.for_each_in_bucket(record, [&](Entry* entry) {
    if (!entry->has_timer()) return;
    if (ExpiryIndex::record_of(Keyspace::hash(entry->key())) != record) return;
    const int64_t timer_ms = entry->next_timer_ms();
    if (entry->is_expired(now_ms_)) {
      add(due.keys, entry);
    } else if (entry->has_timed_fields() && timer_ms <= now_ms_) {
      add(due.hashes, entry);
    } else {
      next_ms = next_ms == ExpiryIndex::kDropped ? timer_ms : std::min(next_ms, timer_ms);
    }
  });
  return next_ms;
}

bool Access::expire_fields(Shard& shard, int db, Entry*& entry, uint64_t hash, size_t& fields_max) {
  shard.preserve(shard.database(db), entry);
  Object object = entry->object();
  Hash view(object, now_ms_);
  std::vector<std::string> effect;
  uint32_t count = 0;
  const bool more = view.expire(fields_max, [&](std::string_view field) {
    ++count;
    if (records_effects()) effect.emplace_back(field);
  });
  if (count == 0) return more;
  shard.expired_fields.add(count);
  shard.counts[db].subtract_timers(*entry);
  entry->set_object(object);
  shard.counts[db].add_timers(*entry);
  note(shard, {db, entry->key(), hash, EventClass::hash, "hexpired", true}, count);
  removal_count_ += count;
  if (element_count(object) == 0) {
    remove_entry(shard, db, std::exchange(entry, nullptr), hash, EventClass::generic, "del");
  } else if (records_effects()) {
    effect.insert(effect.begin(), {"HDEL", std::string(entry->key())});
    removals_.push_back({db, std::move(effect)});
  }
  return more;
}

size_t Access::clear_database(int db, std::vector<EntryTable>& garbage) {
  size_t removed = 0;
  for (size_t index = 0; index < Keyspace::kShards; ++index) {
    Shard& shard = keyspace_.shard(index);
    DatabaseShard* database = shard.find_database(db);
    if (!database || database->entries.size() == 0) continue;
    removed += database->entries.size();
    if (shard.observers != 0) {
      database->entries.for_each([&](Entry* entry) {
        const uint64_t hash = Keyspace::hash(entry->key());
        note(shard, {db, entry->key(), hash, EventClass::generic, "", false}, 0);
      });
    }
    EntryTable table = std::exchange(database->entries, EntryTable());
    if (shard.preserver && !std::exchange(database->walk.done, true)) {
      shard.preserver->take_over(shard, database->walk.db, std::move(table));
    } else {
      garbage.push_back(std::move(table));
    }
    database->expiries.clear();
    shard.counts[db].keys.reset();
    shard.counts[db].volatile_keys.reset();
    shard.counts[db].timed_hashes.reset();
    shard.changes.add();
  }
  change_count_ += removed;
  return removed;
}

void Access::swap_databases(int first, int second) {
  for (Shard& shard : keyspace_.shards()) {
    std::swap(shard.database(first), shard.database(second));
    std::swap(shard.counts[first], shard.counts[second]);
    if (shard.observers == 0) continue;
    for (const int db : {first, second}) {
      // A watched key is touched when it exists on either side; a waiter wakes when it exists now.
      shard.database(db).entries.for_each([&](Entry* entry) {
        const uint64_t hash = Keyspace::hash(entry->key());
        note(shard, {db, entry->key(), hash, EventClass::generic, "", true}, 0);
        const int other = db == first ? second : first;
        if (!shard.database(other).entries.find(hash, entry->key())) {
          note(shard, {other, entry->key(), hash, EventClass::generic, "", false}, 0);
        }
      });
    }
  }
  ++change_count_;
}

void Access::tell_of_all_keys() {
  for (Shard& shard : keyspace_.shards()) {
    if (shard.observers == 0) continue;
    for (int db = 0; db < keyspace_.database_count(); ++db) {
      const DatabaseShard* database = shard.find_database(db);
      if (!database) continue;
      database->entries.for_each([&](Entry* entry) {
        note(shard, {db, entry->key(), Keyspace::hash(entry->key()), EventClass::generic, "", true}, 0);
      });
    }
  }
}

void Access::note(Shard& shard, const KeyChange& change, uint32_t changes) {
  count_changes(shard, changes);
  if (is_observed(shard) && observer_) observer_->on_change(change);
}

}  // namespace redstart
