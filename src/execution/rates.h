// Rates: commands and bytes per second over the last 1.6 seconds (INFO's instantaneous_ fields).
//
// Threads: sample() by one thread at a time, the rest thread-safe.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>

namespace redstart {

class Executor;

class Rates {
 public:
  // Called every tick; takes a sample when a tenth of a second has passed since the last, and says whether it did.
  bool sample(Executor& executor);

  uint64_t commands_per_s() const { return commands_.per_s.load(std::memory_order_relaxed); }
  uint64_t input_bytes_per_s() const { return input_.per_s.load(std::memory_order_relaxed); }
  uint64_t output_bytes_per_s() const { return output_.per_s.load(std::memory_order_relaxed); }

 private:
  static constexpr int64_t kSampleMs = 100;
  static constexpr size_t kSamples = 16;

  struct Rate {
    std::array<uint64_t, kSamples> samples{};
    uint64_t last_total = 0;
    std::atomic<uint64_t> per_s{0};
    void add(uint64_t total, int64_t elapsed_ms, size_t index);
  };
  int64_t last_ms_ = 0;
  size_t index_ = 0;
  Rate commands_;
  Rate input_;
  Rate output_;
};

}  // namespace redstart
