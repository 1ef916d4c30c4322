#include "execution/eviction.h"

#include <algorithm>

#include "execution/command_stats.h"
#include "execution/config.h"
#include "execution/executor.h"
#include "execution/latency_monitor.h"
#include "execution/run.h"

namespace redstart {
namespace {

bool only_volatile(EvictionPolicy policy) { return policy >= EvictionPolicy::volatile_lru; }
bool is_random(EvictionPolicy policy) {
  return policy == EvictionPolicy::allkeys_random || policy == EvictionPolicy::volatile_random;
}

// The higher, the better to evict.
uint64_t score_of(EvictionPolicy policy, const AccessPolicy& access, const Entry& entry,
                  int64_t now_ms) {
  switch (policy) {
    case EvictionPolicy::allkeys_lfu:
    case EvictionPolicy::volatile_lfu: return 255u - lfu_frequency(access, entry.access(), now_ms);
    case EvictionPolicy::volatile_ttl: return ~static_cast<uint64_t>(entry.deadline_ms());
    default: return idle_seconds(entry.access(), now_ms);
  }
}

}  // namespace

void Eviction::configure(const Config& config) {
  const std::lock_guard lock(mutex_);
  limit_bytes_ = config.maxmemory_bytes();
  policy_ = config.maxmemory_policy();
  samples_ = std::max(1, config.maxmemory_samples());
  pool_count_ = 0;
}

// Keeps the pool sorted by score, the best last.
void Eviction::offer(Candidate candidate) {
  const auto begin = pool_.begin(), end = begin + static_cast<ptrdiff_t>(pool_count_);
  for (auto at = begin; at != end; ++at) {
    if (at->hash == candidate.hash && at->db == candidate.db && at->key == candidate.key) return;
  }
  const auto by_score = [](const Candidate& a, const Candidate& b) { return a.score < b.score; };
  if (pool_count_ < kPoolSize) {
    pool_[pool_count_++] = std::move(candidate);
  } else if (candidate.score > pool_[0].score) {
    pool_[0] = std::move(candidate);
  } else {
    return;
  }
  std::sort(pool_.begin(), pool_.begin() + static_cast<ptrdiff_t>(pool_count_), by_score);
}

void Eviction::sample(ThreadContext& thread, int64_t now_ms) {
  const EvictionPolicy policy = policy_;
  const AccessPolicy& access = executor_.access_settings().policy;
  Keyspace& keyspace = executor_.keyspace();
  int found = 0;
  // A shard may have nothing to offer; a few times the samples are tried before that is believed.
  const size_t first = thread.random().below(Keyspace::kShards);
  for (size_t tried = 0; tried < Keyspace::kShards && found < samples_; ++tried) {
    const size_t index = (first + tried) % Keyspace::kShards;
    Shard& shard = keyspace.shard(index);
    ShardLocks locks;
    locks.lock_one(keyspace, index);
    for (int db = 0; db < keyspace.database_count() && found < samples_; ++db) {
      DatabaseShard* database = shard.find_database(db);
      if (!database || database->entries.size() == 0) continue;
      if (only_volatile(policy) && shard.counts[db].volatile_keys.get() == 0) continue;
      const Entry* entry = database->entries.random(thread.random());
      for (int again = 0; only_volatile(policy) && !entry->has_deadline() && again < 16; ++again) {
        entry = database->entries.random(thread.random());
      }
      if (only_volatile(policy) && !entry->has_deadline()) continue;
      const uint64_t score = is_random(policy) ? 0 : score_of(policy, access, *entry, now_ms);
      offer({score, db, Keyspace::hash(entry->key()), std::string(entry->key())});
      ++found;
    }
  }
}

bool Eviction::remove(Session& session, ThreadContext& thread, const Candidate& candidate,
                      int64_t now_ms) {
  const size_t index = Keyspace::shard_index(candidate.hash);
  Run run(executor_, session, thread, now_ms);
  run.access().locks().lock_one(executor_.keyspace(), index);
  Entry* entry = run.access().lookup(candidate.db, candidate.key, candidate.hash);
  const bool usable = entry && (!only_volatile(policy_) || entry->has_deadline());
  if (usable) {
    Shard& shard = executor_.keyspace().shard(index);
    shard.evicted_keys.add();
    run.access().remove_entry(shard, candidate.db, entry, candidate.hash, EventClass::evicted,
                              "evicted");
  }
  run.finish();
  return usable;
}

bool Eviction::evict_one(Session& session, ThreadContext& thread, int64_t now_ms) {
  for (int attempt = 0; attempt < 8; ++attempt) {
    sample(thread, now_ms);
    while (pool_count_ > 0) {
      const Candidate candidate = std::move(pool_[--pool_count_]);
      if (remove(session, thread, candidate, now_ms)) return true;
    }
  }
  return false;
}

bool Eviction::is_over_limit() const {
  const uint64_t limit = limit_bytes_;
  return limit != 0 && executor_.used_memory_bytes() > limit;
}

bool Eviction::make_room(Session& session, ThreadContext& thread) {
  const uint64_t limit = limit_bytes_;
  const auto used = [&] { return executor_.used_memory_bytes(); };
  if (limit == 0 || used() <= limit) return true;
  if (policy_ == EvictionPolicy::noeviction) return false;
  const std::lock_guard lock(mutex_);
  const int64_t now_ms = executor_.clock().unix_time_ms();
  LatencyTimer timer(executor_.latency());
  bool found = true;
  for (int removals = 0; removals < kRemovalsMax && found && used() > limit; ++removals) {
    found = evict_one(session, thread, now_ms);
  }
  timer.stop(latency_events::kEvictionCycle);
  return found || used() <= limit;
}

}  // namespace redstart
