#include "engine/prefetch.h"

namespace redstart {
namespace {

constexpr size_t kStepsMax = 5;  // a longer chain of buckets is next to impossible

bool prefetch_step(Shard& shard, int db, uint64_t hash, size_t step) {
  const DatabaseShard* database = shard.find_database(db);
  return database && database->entries.prefetch(hash, step);
}

}  // namespace

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
