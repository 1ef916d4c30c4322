// Eviction: keeps a store within `maxmemory` by removing keys under Redis's policies.
//
// LRU, LFU and TTL are approximated as in Redis: some keys are sampled, the best candidates wait in a
// small pool, and the best of the pool goes. Every sample and every removal holds one shard lock only.
//
// Threads: thread-safe.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <mutex>
#include <string>

#include "base/random.h"

namespace redstart {

class Config;
class Executor;
class Session;
class ThreadContext;

enum class EvictionPolicy : uint8_t {
  noeviction, allkeys_lru, allkeys_lfu, allkeys_random,
  volatile_lru, volatile_lfu, volatile_random, volatile_ttl,
};

class Eviction {
 public:
  explicit Eviction(Executor& executor) : executor_(executor) {}

  void configure(const Config& config);
  // More is in use than may be.
  bool is_over_limit() const;
  bool is_on() const { return limit_bytes_.load(std::memory_order_relaxed) != 0; }
  // Evicts until the store is within its limit. False when it is not and nothing can be evicted.
  // REQUIRES: no shard is locked by this thread.
  bool make_room(Session& session, ThreadContext& thread);

 private:
  static constexpr size_t kPoolSize = 16;
  // One removal round at most: so that one command's latency stays bounded while the rest follows.
  static constexpr int kRemovalsMax = 1000;

  struct Candidate {
    uint64_t score = 0;  // the higher, the better to evict
    int db = 0;
    uint64_t hash = 0;
    std::string key;
  };
  void sample(ThreadContext& thread, int64_t now_ms);
  void offer(Candidate candidate);
  bool evict_one(Session& session, ThreadContext& thread, int64_t now_ms);
  bool remove(Session& session, ThreadContext& thread, const Candidate& candidate, int64_t now_ms);

  Executor& executor_;
  std::atomic<uint64_t> limit_bytes_{0};
  std::atomic<EvictionPolicy> policy_{EvictionPolicy::noeviction};
  std::atomic<int> samples_{5};
  std::mutex mutex_;  // guards the pool; taken before shard locks
  std::array<Candidate, kPoolSize> pool_;
  size_t pool_count_ = 0;
};

}  // namespace redstart
