// SeenKeys: which keys of which databases were seen, as hashes of 128 bits: two different keys are taken for one with a
// probability that no number of keys makes count.
//
// Threads: thread-compatible. Memory: 22 to 48 bytes a key.
#pragma once

#include <cstdint>
#include <string_view>
#include <utility>
#include <vector>

#include "base/hash.h"

namespace redstart {

class SeenKeys {
 public:
  // False: it was seen before. Amortized O(1).
  bool insert(int db, std::string_view key) {
    const auto seed = static_cast<uint64_t>(static_cast<unsigned>(db));
    XXH128_hash_t hash = XXH3_128bits_withSeed(key.data(), key.size(), seed);
    if (hash.low64 == 0) hash.low64 = 1;  // an empty place
    if ((count_ + 1) * 4 > places_.size() * 3) grow();
    return put(hash);
  }

 private:
  bool put(const XXH128_hash_t& hash) {
    const size_t mask = places_.size() - 1;
    size_t at = hash.high64 & mask;
    for (; places_[at].low64 != 0; at = (at + 1) & mask) {
      if (XXH128_isEqual(places_[at], hash)) return false;
    }
    places_[at] = hash;
    ++count_;
    return true;
  }
  void grow() {
    constexpr size_t kPlacesMin = 1024;
    std::vector<XXH128_hash_t> larger(places_.empty() ? kPlacesMin : places_.size() * 2);
    const auto old = std::exchange(places_, std::move(larger));
    count_ = 0;
    for (const XXH128_hash_t& hash : old) {
      if (hash.low64 != 0) put(hash);
    }
  }

  std::vector<XXH128_hash_t> places_;  // a power of two of them; open addressing
  size_t count_ = 0;
};

}  // namespace redstart
