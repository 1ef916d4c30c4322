// Eviction: keeps a store within `maxmemory` by removing keys under one of the policies.
//
// LRU, LFU and TTL are approximated as in Redis: some keys are sampled, the best candidates wait in a
// small pool, and the best of the pool goes. tinylfu asks for admission first (engine/tinylfu/miniature.h). Every
// sample and every removal holds one shard lock only; a large value is freed later, in pieces.
//
// What is compared with the limit is the keyspace's running total, one load for each command. One thread at a
// time evicts; others that find the limit exceeded meanwhile go on, since room is being made.
//
// Threads: thread-safe.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <limits>
#include <memory>
#include <mutex>
#include <optional>

#include "engine/keyspace.h"
#include "engine/tinylfu/tinylfu.h"
#include "execution/eviction_policy.h"

namespace redstart {

class Config;
class Executor;
class Run;
class Session;
class ThreadContext;

class Eviction {
 public:
  explicit Eviction(Executor& executor);
  ~Eviction();

  // Takes limit and policy over. Takes no locks. Returns the frequencies that entries' access bits belong to from
  // now on, or null.
  TinyLfu* configure(const Config& config);
  // False: the limit may be exceeded, make_room() has to look. True without a limit.
  bool has_room() const {
    return keyspace_.counted_bytes() <= allowance_bytes_.load(std::memory_order_relaxed);
  }
  // Evicts until the store is within its limit, or for as long as maxmemory-eviction-tenacity allows. False when it
  // is not within it and nothing can be evicted. REQUIRES: no shard is locked by this thread.
  bool make_room(Session& session, ThreadContext& thread);
  // What is due from time to time: evicts on, and frees what another policy has left. As make_room().
  void tick(Session& session, ThreadContext& thread);

  // Bytes that the policy's own bookkeeping takes outside of the shards' accounts.
  uint64_t overhead_bytes() const { return overhead_bytes_.load(std::memory_order_relaxed); }
  // For how long the limit was exceeded because evicting took its time: in all, and now.
  uint64_t exceeded_ms_in_all() const;
  uint64_t exceeded_ms_now() const;

 private:
  static constexpr size_t kPoolSize = 16;
  static constexpr int64_t kUnlimited = std::numeric_limits<int64_t>::max();

  struct Candidate {
    uint64_t hash = 0;
    int db = 0;
    uint64_t score = 0;  // the higher, the better to evict
    FrequencyMark mark{0};
  };

  bool is_on() const { return limit_bytes_.load(std::memory_order_relaxed) != 0; }
  bool is_within_limit() const;
  bool evict_down(Session& session, ThreadContext& thread);
  bool evict_one(Run& run, ThreadContext& thread);
  bool evict_by_samples(Run& run, ThreadContext& thread);
  bool evict_by_frequency(Run& run, ThreadContext& thread);
  bool evict_any(Run& run, ThreadContext& thread);
  // Calls fn(db, entry) for about `wanted` random keys that may be evicted, under their shard's lock.
  template <class Fn>
  void sample(ThreadContext& thread, size_t wanted, Fn&& fn);
  void fill_pool(ThreadContext& thread, int64_t now_ms);
  void offer(const Candidate& candidate);
  std::optional<Candidate> find_victim(ThreadContext& thread);
  // The next key that leaves the window and may be evicted, or nothing.
  std::optional<Candidate> pop_candidate();
  std::optional<FrequencyMark> leave_window(const TinyLfu::WindowKey& key);
  bool remove(Run& run, ThreadContext& thread, const Candidate& candidate);
  // Takes the present number of keys and the bookkeeping's size over, now and then.
  void refresh();
  void set_allowance();
  void clear_ghosts();
  void note_exceeded(bool exceeded);

  Executor& executor_;
  Keyspace& keyspace_;
  std::atomic<int64_t> allowance_bytes_{kUnlimited};  // the limit without our own overhead
  std::atomic<uint64_t> limit_bytes_{0};
  std::atomic<uint64_t> overhead_bytes_{0};
  std::atomic<EvictionPolicy> policy_{EvictionPolicy::noeviction};
  std::atomic<int> samples_{5};
  std::atomic<int> tenacity_{10};
  std::atomic<bool> has_ghosts_{false};
  std::atomic<int64_t> exceeded_since_ns_{0};
  std::atomic<int64_t> exceeded_ns_{0};
  // Kept once made: commands that run may still look at it after the policy has changed.
  std::unique_ptr<TinyLfu> tinylfu_;

  std::mutex mutex_;  // guards the following; taken before shard locks
  EvictionPolicy pool_policy_ = EvictionPolicy::noeviction;
  std::array<Candidate, kPoolSize> pool_;
  size_t pool_count_ = 0;
  uint64_t evictions_until_refresh_ = 0;
  size_t keys_per_shard_ = 0;
  uint64_t ticks_ = 0;  // of the one thread that calls tick()
};

}  // namespace redstart
