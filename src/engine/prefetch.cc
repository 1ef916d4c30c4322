#include "engine/prefetch.h"

namespace redstart {
namespace {

constexpr size_t kStepsMax = 5;  // a longer chain of buckets is next to impossible

bool prefetch_step(Shard& shard, int db, uint64_t hash, size_t step) {
  const DatabaseShard* database = shard.find_database(db);
  return database && database->entries.prefetch(hash, step);
}

// The collection at the key that was asked for last, with its shard locked: pipelines stay with a key
// more often than not.
class HeldCollection {
 public:
  HeldCollection(Keyspace& keyspace, int db) : keyspace_(keyspace), db_(db) {}
  HeldCollection(const HeldCollection&) = delete;
  ~HeldCollection() { release(); }

  // Null when the key holds none.
  const Object* at(std::string_view key, uint64_t hash) {
    if (!shard_ || key != key_) hold(key, hash);
    return object_.data ? &object_ : nullptr;
  }

 private:
  void hold(std::string_view key, uint64_t hash) {
    release();
    shard_ = &keyspace_.shard(Keyspace::shard_index(hash));
    shard_->lock.lock();
    key_ = key;
    object_ = {};
    const DatabaseShard* database = shard_->find_database(db_);
    const Entry* entry = database ? database->entries.find(hash, key) : nullptr;
    if (entry && !entry->is_string()) object_ = entry->object();
  }
  void release() {
    if (shard_) shard_->lock.unlock();
    shard_ = nullptr;
  }

  Keyspace& keyspace_;
  const int db_;
  Shard* shard_ = nullptr;
  std::string_view key_;
  Object object_;
};

}  // namespace

void prefetch_elements(Keyspace& keyspace, int db, std::span<ElementHint> hints) {
  for (size_t step = 0; step < kStepsMax && !hints.empty(); ++step) {
    HeldCollection collection(keyspace, db);
    size_t unfinished = 0;
    for (const ElementHint& hint : hints) {
      const Object* object = collection.at(hint.key, hint.key_hash);
      if (object && prefetch_element(*object, hint.element_hash, step)) hints[unfinished++] = hint;
    }
    hints = hints.first(unfinished);
  }
}

void prefetch(Keyspace& keyspace, int db, std::span<uint64_t> hashes, Locking locking) {
  for (size_t step = 0; step < kStepsMax && !hashes.empty(); ++step) {
    size_t unfinished = 0;
    for (const uint64_t hash : hashes) {
      Shard& shard = keyspace.shard(Keyspace::shard_index(hash));
      if (locking == Locking::by_prefetch) shard.lock.lock();
      const bool goes_on = prefetch_step(shard, db, hash, step);
      if (locking == Locking::by_prefetch) shard.lock.unlock();
      if (goes_on) hashes[unfinished++] = hash;
    }
    hashes = hashes.first(unfinished);
  }
}

}  // namespace redstart
