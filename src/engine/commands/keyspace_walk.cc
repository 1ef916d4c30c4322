#include "engine/commands/keyspace_walk.h"

#include "base/glob.h"
#include "base/text.h"
#include "engine/commands/shard_hold.h"

namespace redstart {
namespace {

constexpr int kBucketsPerHold = 128;
constexpr uint64_t kBucketsPerKey = 10;

}  // namespace

bool KeyFilter::admits_key(const Entry& entry) const {
  return !pattern || glob_match(*pattern, entry.key());
}

bool KeyFilter::admits_type(const Entry& entry) const {
  return !type || equal_ignoring_case(*type, name_of(entry.type()));
}

// Keys that nobody asks for stay as they are, even if they are due: as in Redis.
void KeyspaceWalk::take(const Entry& entry) {
  if (!filter_.admits_key(entry)) return;
  if (entry.is_expired(c_.now_ms())) {
    due_.emplace_back(entry.key());
  } else if (filter_.admits_type(entry)) {
    keys_.emplace_back(entry.key());
  }
}

// The position to go on from; 0: the shard is done.
uint64_t KeyspaceWalk::advance_in_shard(size_t shard, uint64_t position) {
  Access& access = c_.access();
  const ShardHold hold(access, shard);
  DatabaseShard* database = access.keyspace().shard(shard).find_database(c_.db());
  if (!database) return 0;
  int buckets = 0;
  do {
    position = database->entries.scan(position, [&](Entry* entry) { take(*entry); });
    --buckets_left_;
  } while (position != 0 && !is_enough() && ++buckets < kBucketsPerHold);
  for (const std::string& key : due_) access.lookup(c_.db(), key, Keyspace::hash(key));
  due_.clear();
  return position;
}

uint64_t KeyspaceWalk::advance(uint64_t cursor, uint64_t count) {
  Keyspace& keyspace = c_.access().keyspace();
  count_ = count;
  if (__builtin_mul_overflow(count, kBucketsPerKey, &buckets_left_)) buckets_left_ = UINT64_MAX;
  size_t shard = cursor & (Keyspace::kShards - 1);
  uint64_t position = cursor >> Keyspace::kShardBits;
  while (shard < Keyspace::kShards) {
    // Read without the lock: a key that comes while the walk is on need not be seen.
    if (keyspace.shard(shard).counts[c_.db()].keys.get() != 0) {
      if (is_enough()) return position << Keyspace::kShardBits | shard;
      position = advance_in_shard(shard, position);
      if (position != 0) continue;
    }
    position = 0;
    ++shard;
  }
  return 0;
}

}  // namespace redstart
