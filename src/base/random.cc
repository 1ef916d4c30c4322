#include "base/random.h"

#include <sys/random.h>

#include <chrono>

#include "base/hash.h"

namespace redstart {

uint64_t system_seed() {
  uint64_t seed;
  if (getrandom(&seed, sizeof seed, 0) == static_cast<ssize_t>(sizeof seed)) return seed;
  return static_cast<uint64_t>(std::chrono::steady_clock::now().time_since_epoch().count());
}

namespace detail {
const uint64_t hash_seed = system_seed();
}

}  // namespace redstart
