#include "base/random.h"

#include <sys/random.h>

#include <chrono>
#include <cstdlib>

#include "base/hash.h"

namespace redstart {

namespace {

thread_local FixedSeeds* fixed_seeds = nullptr;

uint64_t seed_of_hashes() {
  const char* fixed = std::getenv("REDSTART_HASH_SEED");
  return fixed ? std::strtoull(fixed, nullptr, 10) : system_seed();
}

}  // namespace

FixedSeeds::FixedSeeds(uint64_t seed) : random_(seed) { fixed_seeds = this; }
FixedSeeds::~FixedSeeds() { fixed_seeds = nullptr; }

uint64_t system_seed() {
  if (fixed_seeds) return fixed_seeds->random_.next();
  uint64_t seed;
  if (getrandom(&seed, sizeof seed, 0) == static_cast<ssize_t>(sizeof seed)) return seed;
  return static_cast<uint64_t>(std::chrono::steady_clock::now().time_since_epoch().count());
}

namespace detail {
const uint64_t hash_seed = seed_of_hashes();
}

}  // namespace redstart
