// The hash of keys, fields and members: XXH3 with a seed of the process's own, so that nobody outside can
// choose keys that collide.
//
// Threads: thread-safe.
#pragma once

#include <cstdint>
#include <string_view>

#define XXH_INLINE_ALL
#include <xxhash.h>

namespace redstart {

namespace detail {
extern const uint64_t hash_seed;
}

inline uint64_t hash_bytes(std::string_view bytes) {
  return XXH3_64bits_withSeed(bytes.data(), bytes.size(), detail::hash_seed);
}

}  // namespace redstart
