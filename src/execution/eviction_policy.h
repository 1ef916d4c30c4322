// EvictionPolicy: which keys give way when memory is short: the values of maxmemory-policy.
//
// Threads: values.
#pragma once

#include <cstdint>

namespace redstart {

enum class EvictionPolicy : uint8_t {
  noeviction, allkeys_lru, allkeys_lfu, allkeys_random, allkeys_tinylfu,
  volatile_lru, volatile_lfu, volatile_random, volatile_tinylfu, volatile_ttl,
};

// Only keys with a deadline may go.
constexpr bool only_volatile(EvictionPolicy policy) { return policy >= EvictionPolicy::volatile_lru; }
constexpr bool is_random(EvictionPolicy policy) {
  return policy == EvictionPolicy::allkeys_random || policy == EvictionPolicy::volatile_random;
}
constexpr bool is_lfu(EvictionPolicy policy) {
  return policy == EvictionPolicy::allkeys_lfu || policy == EvictionPolicy::volatile_lfu;
}
constexpr bool is_tinylfu(EvictionPolicy policy) {
  return policy == EvictionPolicy::allkeys_tinylfu || policy == EvictionPolicy::volatile_tinylfu;
}
// Entries note how often they are used, not when.
constexpr bool counts_frequency(EvictionPolicy policy) { return is_lfu(policy) || is_tinylfu(policy); }

}  // namespace redstart
