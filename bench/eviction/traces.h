// The traces of bench/eviction: which keys clients ask for, from a seed.
//
//   zipf-0.9, zipf-1.0, zipf-1.1   each key as often as 1 / rank^s says
//   scan                           Zipf 1.0; after each tenth of the keys' number, a sequential scan of a twentieth
//   loop                           all keys in turn, over and over
//   shift                          Zipf 1.0; other keys become popular each time two requests per key were sent
//   drift                          Zipf 1.0; with every hundredth request all keys move on by one rank
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstdlib>
#include <numeric>
#include <string>
#include <string_view>
#include <vector>

#include "base/random.h"

namespace traces {

inline const std::vector<std::string> kNames = {"zipf-0.9", "zipf-1.0", "zipf-1.1", "scan",
                                                "loop",     "shift",    "drift"};

class Zipf {
 public:
  Zipf(size_t keys, double exponent) : cumulative_(keys) {
    double sum = 0;
    for (size_t i = 0; i < keys; ++i) {
      cumulative_[i] = sum += std::pow(static_cast<double>(i + 1), -exponent);
    }
  }
  size_t draw(redstart::Random& random) const {
    const double unit = static_cast<double>(random.next() >> 11) * 0x1.0p-53;
    const auto at = std::ranges::lower_bound(cumulative_, unit * cumulative_.back());
    return std::min(static_cast<size_t>(at - cumulative_.begin()), cumulative_.size() - 1);
  }

 private:
  std::vector<double> cumulative_;
};

class Generator {
 public:
  Generator(size_t keys, size_t requests, uint64_t seed)
      : keys_(keys), requests_(requests), random_(seed), by_rank_(keys) {
    std::iota(by_rank_.begin(), by_rank_.end(), 0);
    shuffle();
  }

  // Key numbers below `keys`. Ends the program when the name is unknown.
  std::vector<uint32_t> make(std::string_view name) {
    if (name.starts_with("zipf-")) return popular(std::atof(name.data() + 5));
    if (name == "scan") return with_scans();
    if (name == "loop") return looping();
    if (name == "shift") return shifting();
    if (name == "drift") return drifting();
    std::abort();
  }

 private:
  void shuffle() {
    for (size_t i = keys_ - 1; i > 0; --i) std::swap(by_rank_[i], by_rank_[random_.below(i + 1)]);
  }
  std::vector<uint32_t> popular(double exponent) {
    const Zipf zipf(keys_, exponent);
    std::vector<uint32_t> trace(requests_);
    for (uint32_t& key : trace) key = by_rank_[zipf.draw(random_)];
    return trace;
  }
  std::vector<uint32_t> with_scans() {
    const Zipf zipf(keys_, 1);
    std::vector<uint32_t> trace(requests_);
    const size_t between = keys_ / 10, length = keys_ / 20;
    size_t scanned = 0;
    for (size_t i = 0; i < requests_; ++i) {
      const bool scans = i % (between + length) >= between;
      trace[i] = scans ? static_cast<uint32_t>(scanned++ % keys_) : by_rank_[zipf.draw(random_)];
    }
    return trace;
  }
  std::vector<uint32_t> looping() const {
    std::vector<uint32_t> trace(requests_);
    for (size_t i = 0; i < requests_; ++i) trace[i] = static_cast<uint32_t>(i % keys_);
    return trace;
  }
  std::vector<uint32_t> shifting() {
    const Zipf zipf(keys_, 1);
    std::vector<uint32_t> trace(requests_);
    for (size_t i = 0; i < requests_; ++i) {
      if (i % (2 * keys_) == 0) shuffle();
      trace[i] = by_rank_[zipf.draw(random_)];
    }
    return trace;
  }
  std::vector<uint32_t> drifting() {
    const Zipf zipf(keys_, 1);
    std::vector<uint32_t> trace(requests_);
    for (size_t i = 0; i < requests_; ++i) {
      trace[i] = by_rank_[(zipf.draw(random_) + i / 100) % keys_];
    }
    return trace;
  }

  const size_t keys_, requests_;
  redstart::Random random_;
  std::vector<uint32_t> by_rank_;
};

}  // namespace traces
