// RandomDraws: numbers, chances and picks out of one sequence of random numbers, which several of them may share.
//
// Threads: thread-compatible. Determinism: by the random numbers that are given.
#pragma once

#include <cstdint>
#include <iterator>
#include <random>
#include <string>

namespace redstart::oracle {

class RandomDraws {
 public:
  // `random` is borrowed.
  explicit RandomDraws(std::mt19937_64& random) : random_(random) {}

  // One of 0 .. bound - 1.
  uint64_t below(uint64_t bound) { return std::uniform_int_distribution<uint64_t>(0, bound - 1)(random_); }
  bool chance(double probability) { return std::bernoulli_distribution(probability)(random_); }
  template <class Pool>
  std::string one_of(const Pool& pool) {
    return std::string(pool[below(std::size(pool))]);
  }

 protected:
  std::mt19937_64& random_;
};

}  // namespace redstart::oracle
