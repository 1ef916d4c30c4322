#include "execution/eviction.h"

#include <algorithm>
#include <cmath>

#include "execution/command_stats.h"
#include "execution/config.h"
#include "execution/executor.h"
#include "execution/latency_monitor.h"
#include "execution/run.h"
#include "execution/store_state.h"

namespace redstart {
namespace {

constexpr int kTenacityUnlimited = 100;
constexpr int kRemovalsBetweenLooks = 16;  // at the clock
constexpr uint64_t kEvictionsBetweenRefreshes = 1024;
constexpr uint64_t kTicksBetweenRefreshes = 32;

// The higher, the better to evict.
uint64_t score_of(EvictionPolicy policy, const AccessPolicy& access, const Entry& entry,
                  int64_t now_ms) {
  if (is_lfu(policy)) return 255u - lfu_frequency(access, entry.access(), now_ms);
  if (policy == EvictionPolicy::volatile_ttl) return ~static_cast<uint64_t>(entry.deadline_ms());
  return is_random(policy) ? 0 : idle_seconds(entry.access(), now_ms);
}

// How long one call may evict, after Redis: half a millisecond up to 10, then 15 % more with each step.
int64_t time_limit_ns(int tenacity) {
  if (tenacity >= kTenacityUnlimited) return std::numeric_limits<int64_t>::max();
  if (tenacity <= 10) return int64_t{50'000} * tenacity;
  return static_cast<int64_t>(500'000 * std::pow(1.15, tenacity - 10));
}

}  // namespace

Eviction::Eviction(Executor& executor)
    : executor_(executor), keyspace_(executor.keyspace()), tinylfu_(std::make_unique<TinyLfu>()) {}

Eviction::~Eviction() = default;

TinyLfu* Eviction::configure(const Config& config) {
  const EvictionPolicy policy = config.maxmemory_policy();
  const uint64_t limit = std::min<uint64_t>(config.maxmemory_bytes(), Keyspace::kUncounted - 1);
  policy_ = policy;
  samples_ = std::max(1, config.maxmemory_samples());
  tenacity_ = config.maxmemory_eviction_tenacity();
  limit_bytes_ = limit;
  set_allowance();
  if (limit == 0) keyspace_.stop_counting_bytes();
  return is_tinylfu(policy) ? tinylfu_.get() : nullptr;
}

bool Eviction::is_within_limit() const {
  const int64_t pending = executor_.state().graveyard().pending_bytes();
  return keyspace_.counted_bytes() - pending <= allowance_bytes_.load(std::memory_order_relaxed);
}

bool Eviction::make_room(Session& session, ThreadContext& thread) {
  if (!is_on()) return true;
  if (keyspace_.counted_bytes() == Keyspace::kUncounted) {
    const std::lock_guard lock(mutex_);
    if (keyspace_.counted_bytes() == Keyspace::kUncounted) keyspace_.count_bytes();
  }
  if (is_within_limit()) return true;
  if (policy_ == EvictionPolicy::noeviction) return false;
  const std::unique_lock lock(mutex_, std::try_to_lock);
  return lock ? evict_down(session, thread) : true;
}

bool Eviction::evict_down(Session& session, ThreadContext& thread) {
  const int64_t end_ns = [&] {
    const int64_t limit_ns = time_limit_ns(tenacity_);
    const int64_t now_ns = executor_.clock().monotonic_time_ns();
    return limit_ns > kUnlimited - now_ns ? kUnlimited : now_ns + limit_ns;
  }();
  Run run(executor_, session, thread, executor_.clock().unix_time_ms());
  LatencyTimer timer(executor_.latency());
  bool in_time = true, evicted = true;
  for (int removals = 1; in_time && evicted && !is_within_limit(); ++removals) {
    evicted = evict_one(run, thread);
    if (removals % kRemovalsBetweenLooks == 0) {
      in_time = executor_.clock().monotonic_time_ns() < end_ns;
    }
  }
  timer.stop(latency_events::kEvictionCycle);
  const bool has_room = is_within_limit();
  note_exceeded(!has_room && evicted);
  return has_room || evicted;
}

bool Eviction::evict_one(Run& run, ThreadContext& thread) {
  if (evictions_until_refresh_-- == 0) refresh();
  const EvictionPolicy policy = policy_;
  if (pool_policy_ != policy) {
    pool_policy_ = policy;
    pool_count_ = 0;
    refresh();
  }
  if (is_tinylfu(policy)) return evict_by_frequency(run, thread);
  return is_random(policy) ? evict_any(run, thread) : evict_by_samples(run, thread);
}

template <class Fn>
void Eviction::sample(ThreadContext& thread, size_t wanted, Fn&& fn) {
  constexpr int kTriesInVolatile = 8;  // where most keys have no deadline
  const bool any_key = !only_volatile(policy_);
  size_t found = 0;
  // A shard may have nothing to offer; the next ones are asked then.
  const size_t first = thread.random().below(Keyspace::kShards);
  for (size_t tried = 0; tried < 2 * Keyspace::kShards && found < wanted; ++tried) {
    // Shards are asked the more often the more keys they have, so that all keys are equally likely. Few have twice
    // the average. At last nobody is spared.
    const bool may_skip = tried < Keyspace::kShards;
    const uint64_t skip_up_to = may_skip ? thread.random().below(2 * keys_per_shard_ + 2) : 0;
    const size_t index = (first + tried) % Keyspace::kShards;
    Shard& shard = keyspace_.shard(index);
    for (int db = 0; db < keyspace_.database_count() && found < wanted; ++db) {
      const KeyCounts& counts = shard.counts[db];
      const Counter& eligible = any_key ? counts.keys : counts.volatile_keys;
      if (eligible.get() <= skip_up_to) continue;  // read without the lock: a hint
      ShardLocks locks;
      locks.lock_one(keyspace_, index);
      const DatabaseShard* database = shard.find_database(db);
      if (!database || database->entries.size() == 0) continue;
      for (int tries = any_key ? 1 : kTriesInVolatile; tries > 0 && found < wanted; --tries) {
        const auto take = [&](Entry* entry) {
          if (any_key || entry->has_deadline()) found += fn(db, entry);
        };
        const size_t missing = wanted - found;
        if (wanted == 1) {
          take(database->entries.random(thread.random()));
        } else {
          database->entries.sample(thread.random(), missing, take);
        }
        if (database->entries.size() <= missing) break;  // all have been looked at
      }
    }
  }
}

// --- Redis's approximations

// Keeps the pool sorted by score, the best last.
void Eviction::offer(const Candidate& candidate) {
  const auto begin = pool_.begin(), end = begin + static_cast<ptrdiff_t>(pool_count_);
  const auto is_same = [&](const Candidate& other) {
    return other.hash == candidate.hash && other.db == candidate.db;
  };
  if (std::any_of(begin, end, is_same)) return;
  const auto place = std::partition_point(
      begin, end, [&](const Candidate& other) { return other.score < candidate.score; });
  if (pool_count_ < kPoolSize) {
    std::move_backward(place, end, end + 1);
    *place = candidate;
    ++pool_count_;
  } else if (place != begin) {
    std::move(begin + 1, place, begin);
    *(place - 1) = candidate;
  }
}

void Eviction::fill_pool(ThreadContext& thread, int64_t now_ms) {
  const EvictionPolicy policy = policy_;
  const AccessPolicy& access = executor_.access_settings().policy;
  sample(thread, static_cast<size_t>(samples_.load()), [&](int db, const Entry* entry) {
    const uint64_t score = score_of(policy, access, *entry, now_ms);
    offer({.hash = Keyspace::hash(entry->key()), .db = db, .score = score});
    return true;
  });
}

bool Eviction::evict_by_samples(Run& run, ThreadContext& thread) {
  for (int attempt = 0; attempt < 8; ++attempt) {
    fill_pool(thread, run.access().now_ms());
    while (pool_count_ > 0) {
      if (remove(run, thread, pool_[--pool_count_])) return true;
    }
  }
  return false;
}

bool Eviction::evict_any(Run& run, ThreadContext& thread) {
  for (int attempt = 0; attempt < 8; ++attempt) {
    std::optional<Candidate> candidate;
    sample(thread, 1, [&](int db, const Entry* entry) {
      candidate = {.hash = Keyspace::hash(entry->key()), .db = db};
      return true;
    });
    if (!candidate) return false;
    if (remove(run, thread, *candidate)) return true;
  }
  return false;
}

// --- tinylfu

std::optional<Eviction::Candidate> Eviction::find_victim(ThreadContext& thread) {
  const uint32_t now_tick = tinylfu_->now_tick();
  std::optional<Candidate> victim;
  sample(thread, Miniature::kSamples, [&](int db, const Entry* entry) {
    const FrequencyMark mark(entry->access());
    if (!tinylfu_->is_main(entry->access())) return false;
    if (victim && !mark.is_worth_less_than(victim->mark, now_tick)) return true;
    victim = {.hash = Keyspace::hash(entry->key()), .db = db, .mark = mark};
    return true;
  });
  return victim;
}

std::optional<FrequencyMark> Eviction::leave_window(const TinyLfu::WindowKey& key) {
  const size_t index = Keyspace::shard_index(key.hash);
  ShardLocks locks;
  locks.lock_one(keyspace_, index);
  const DatabaseShard* database = keyspace_.shard(index).find_database(key.db);
  Entry* entry = database ? database->entries.find_hash(key.hash) : nullptr;
  if (!entry) return std::nullopt;
  const FrequencyMark mark(entry->access());
  if (!mark.in_window()) return std::nullopt;
  entry->set_access(mark.out_of_window().bits());
  // Without a deadline it is none of the volatile policy's business.
  if (only_volatile(policy_) && !entry->has_deadline()) return std::nullopt;
  return mark;
}

std::optional<Eviction::Candidate> Eviction::pop_candidate() {
  while (const auto key = tinylfu_->pop_window()) {
    if (const auto mark = leave_window(*key)) {
      return Candidate{.hash = key->hash, .db = key->db, .mark = *mark};
    }
  }
  return std::nullopt;
}

bool Eviction::evict_by_frequency(Run& run, ThreadContext& thread) {
  while (tinylfu_->window_is_full()) {
    const auto candidate = pop_candidate();
    if (!candidate) break;
    if (tinylfu_->window_is_overfull()) continue;  // it is in the main part now
    const auto victim = find_victim(thread);
    const uint32_t tick = tinylfu_->now_tick();
    const bool is_admitted = victim && candidate->mark.count(tick) > victim->mark.count(tick);
    if (remove(run, thread, is_admitted ? *victim : *candidate)) return true;
  }
  if (const auto victim = find_victim(thread); victim && remove(run, thread, *victim)) return true;
  while (const auto candidate = pop_candidate()) {
    if (remove(run, thread, *candidate)) return true;
  }
  return evict_any(run, thread);
}

// --- What all have in common

bool Eviction::remove(Run& run, ThreadContext& thread, const Candidate& candidate) {
  const size_t index = Keyspace::shard_index(candidate.hash);
  run.access().locks().lock_one(keyspace_, index);
  Shard& shard = keyspace_.shard(index);
  const DatabaseShard* database = shard.find_database(candidate.db);
  Entry* entry = database ? database->entries.find_hash(candidate.hash) : nullptr;
  const bool usable = entry && (!only_volatile(policy_) || entry->has_deadline());
  if (usable) {
    if (is_tinylfu(policy_)) {
      has_ghosts_.store(true, std::memory_order_relaxed);
      shard.ghosts.fit(database->entries.size());
      shard.ghosts.put(candidate.hash, FrequencyMark(entry->access()).count(tinylfu_->now_tick()),
                       tinylfu_->now_period(), thread.random());
    }
    shard.evicted_keys.add();
    run.access().remove_entry(shard, candidate.db, entry, candidate.hash, EventClass::evicted,
                              "evicted");
  }
  run.finish();
  return usable;
}

void Eviction::refresh() {
  evictions_until_refresh_ = kEvictionsBetweenRefreshes;
  uint64_t overhead = 0;
  size_t keys = 0;
  for (int db = 0; db < keyspace_.database_count(); ++db) {
    keys += only_volatile(policy_) ? keyspace_.volatile_count(db) : keyspace_.key_count(db);
  }
  keys_per_shard_ = keys / Keyspace::kShards;
  if (is_tinylfu(policy_)) {
    tinylfu_->fit(keys);
    overhead = tinylfu_->memory_bytes();
  }
  overhead_bytes_ = overhead;
  set_allowance();
}

void Eviction::set_allowance() {
  const uint64_t limit = limit_bytes_, overhead = overhead_bytes_;
  allowance_bytes_ = limit == 0 ? kUnlimited : static_cast<int64_t>(limit - std::min(limit, overhead));
}

void Eviction::clear_ghosts() {
  for (size_t index = 0; index < Keyspace::kShards; ++index) {
    ShardLocks locks;
    locks.lock_one(keyspace_, index);
    keyspace_.shard(index).ghosts.clear();
  }
}

void Eviction::tick(Session& session, ThreadContext& thread) {
  if (!has_room()) make_room(session, thread);
  if (!is_tinylfu(policy_)) {
    if (has_ghosts_.exchange(false)) clear_ghosts();
  } else if (++ticks_ % kTicksBetweenRefreshes == 0) {
    const std::lock_guard lock(mutex_);
    refresh();
  }
}

void Eviction::note_exceeded(bool exceeded) {
  const int64_t now_ns = executor_.clock().monotonic_time_ns();
  if (exceeded) {
    if (exceeded_since_ns_ == 0) exceeded_since_ns_ = now_ns;
  } else if (const int64_t since_ns = exceeded_since_ns_.exchange(0)) {
    exceeded_ns_ += now_ns - since_ns;
  }
}

uint64_t Eviction::exceeded_ms_now() const {
  const int64_t since_ns = exceeded_since_ns_;
  if (since_ns == 0) return 0;
  return static_cast<uint64_t>(executor_.clock().monotonic_time_ns() - since_ns) / 1'000'000;
}

uint64_t Eviction::exceeded_ms_in_all() const {
  return static_cast<uint64_t>(exceeded_ns_) / 1'000'000 + exceeded_ms_now();
}

}  // namespace redstart
