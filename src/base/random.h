// Random: the injected source of chance (xoshiro256**, Blackman and Vigna 2018). The same seed gives the
// same numbers, so that a simulation can be repeated.
//
// Threads: thread-compatible.
#pragma once

#include <cstdint>

namespace redstart {

class Random {
 public:
  explicit Random(uint64_t seed = 1) {
    for (uint64_t& word : state_) word = split_mix(seed);
  }

  uint64_t next() {
    const uint64_t result = rotate(state_[1] * 5, 7) * 9;
    const uint64_t shifted = state_[1] << 17;
    state_[2] ^= state_[0];
    state_[3] ^= state_[1];
    state_[1] ^= state_[2];
    state_[0] ^= state_[3];
    state_[2] ^= shifted;
    state_[3] = rotate(state_[3], 45);
    return result;
  }
  // Uniform in [0, bound). REQUIRES: bound > 0.
  uint64_t below(uint64_t bound) {
    return static_cast<uint64_t>((static_cast<unsigned __int128>(next()) * bound) >> 64);
  }

 private:
  static uint64_t rotate(uint64_t x, int k) { return x << k | x >> (64 - k); }
  static uint64_t split_mix(uint64_t& seed) {
    uint64_t z = seed += 0x9e3779b97f4a7c15;
    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9;
    z = (z ^ z >> 27) * 0x94d049bb133111eb;
    return z ^ z >> 31;
  }

  uint64_t state_[4];
};

// A seed that differs from call to call and from process to process.
uint64_t system_seed();

// While it lives, system_seed() gives this thread a sequence that follows from `seed`, for simulations. (The seed
// with which keys are hashed is drawn when the process starts: the environment variable REDSTART_HASH_SEED fixes it.)
class FixedSeeds {
 public:
  explicit FixedSeeds(uint64_t seed);
  ~FixedSeeds();
  FixedSeeds(const FixedSeeds&) = delete;

 private:
  Random random_;
  friend uint64_t system_seed();
};

}  // namespace redstart
