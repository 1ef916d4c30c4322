// Statistics of commands, kept per thread so that counting costs an ordinary addition, and merged when
// they are read.
//
// Threads: a ThreadContext is written by its own thread; readers and reset() by any. Durations are kept in
// cycles of CycleClock.
#pragma once

#include <array>
#include <atomic>
#include <bit>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/random.h"
#include "engine/counter.h"
#include "execution/key_scratch.h"

namespace redstart {

class ScriptRunner;  // execution/scripting/script_runner.h

// How often durations fell into which range. Ranges are 1/32 of a power of two wide, so a percentile
// is off by at most about 3 %.
class LatencyHistogram {
 public:
  static constexpr int kSubBits = 5;
  static constexpr int kExponents = 40;  // about five minutes; longer ones count as that
  static constexpr size_t kBuckets = size_t{kExponents - kSubBits + 1} << kSubBits;

  static size_t bucket_of(uint64_t cycles) {
    if (cycles < (1u << kSubBits)) return cycles;
    const int exponent = std::bit_width(cycles) - 1;
    if (exponent >= kExponents) return kBuckets - 1;
    const auto row = static_cast<size_t>(exponent - kSubBits + 1);
    return (row << kSubBits) + ((cycles >> (exponent - kSubBits)) & ((1u << kSubBits) - 1));
  }
  // The greatest duration of a bucket.
  static uint64_t upper_bound(size_t bucket) {
    const size_t row = bucket >> kSubBits;
    if (row == 0) return bucket;
    const uint64_t mantissa = (bucket & ((1u << kSubBits) - 1)) + (1u << kSubBits) + 1;
    return (mantissa << (row - 1)) - 1;
  }

  void add(uint64_t cycles) { counts_[bucket_of(cycles)].add(); }
  uint64_t count(size_t bucket) const { return counts_[bucket].get(); }

 private:
  std::array<Counter, kBuckets> counts_;
};

// One command's statistics, merged.
struct CommandStats {
  uint64_t calls = 0;
  uint64_t cycles = 0;
  uint64_t rejected = 0;
  uint64_t failed = 0;
  std::vector<uint64_t> latencies;  // by bucket of LatencyHistogram; empty: none

  // The duration that `percentile` (0 to 100) of the calls did not exceed, in cycles.
  uint64_t percentile_cycles(double percentile) const;
};

// What a thread that moves bytes for sessions counts.
struct TransportStats {
  Counter input_bytes;
  Counter output_bytes;
  Counter reads;
  Counter writes;
};

class ThreadContext {
 public:
  explicit ThreadContext(size_t command_count);
  ~ThreadContext();
  ThreadContext(const ThreadContext&) = delete;

  // --- The thread's own.
  void record_call(size_t command_index, uint64_t cycles, bool failed) {
    commands_[command_index].calls.add();
    record_reply(command_index, cycles, failed);
  }
  // A call that blocks counts when it begins to; then, unless its time just runs out, what its reply took, and whether
  // it failed.
  void record_blocked(size_t command_index, uint64_t cycles) {
    commands_[command_index].calls.add();
    commands_[command_index].cycles.add(cycles);
  }
  void record_reply(size_t command_index, uint64_t cycles, bool failed) {
    PerCommand& command = commands_[command_index];
    command.cycles.add(cycles);
    if (failed) [[unlikely]] command.failed.add();
    LatencyHistogram* histogram = command.histogram.load(std::memory_order_relaxed);
    if (histogram) [[likely]] return histogram->add(cycles);
    add_to_new_histogram(command, cycles);
  }
  void record_rejected(size_t command_index) { commands_[command_index].rejected.add(); }
  // `code` is the first word of an error reply. At most kErrorCodesMax different ones are kept.
  void record_error(std::string_view code);
  Random& random() { return random_; }
  KeyScratchLender key_scratch;
  TransportStats transport;
  // The thread's Lua interpreters for this store; null until it runs a script.
  std::unique_ptr<ScriptRunner> scripts;
  struct {
    std::atomic<uint64_t> eval_bytes{0}, function_bytes{0};
  } script_memory;

  // --- Any thread's. What happened before the last reset() is left out.
  void add_to(size_t command_index, CommandStats& stats) const;
  void add_errors_to(std::map<std::string, uint64_t>& errors) const;
  uint64_t call_count() const;
  struct TransportTotals {
    uint64_t input_bytes = 0, output_bytes = 0, reads = 0, writes = 0;
  };
  void add_transport_to(TransportTotals& totals) const;
  // Whether durations are counted (`latency-tracking`). What was counted before stays.
  void track_latency(bool on);
  void reset();

  static constexpr size_t kErrorCodesMax = 128;

 private:
  struct alignas(64) PerCommand {
    Counter calls;
    Counter cycles;
    Counter rejected;
    Counter failed;
    std::atomic<LatencyHistogram*> histogram{nullptr};
  };
  // The first time, and every time while latency is not tracked.
  void add_to_new_histogram(PerCommand& command, uint64_t cycles);

  Random random_;
  std::unique_ptr<PerCommand[]> commands_;
  const size_t command_count_;
  mutable std::mutex mutex_;  // guards the following
  std::map<std::string, uint64_t, std::less<>> errors_;
  bool tracks_latency_ = true;
  // While latency is not tracked, by command: then PerCommand::histogram is null, which spares the owner a
  // look at the flag.
  std::map<size_t, LatencyHistogram*> set_aside_;
  // The counts at the last reset: a counter has one writer, so it cannot be set to zero from outside.
  std::map<size_t, CommandStats> baselines_;
  TransportTotals transport_baseline_;
};

// Of all threads.
CommandStats merged_stats(std::span<ThreadContext* const> threads, size_t command_index);
std::map<std::string, uint64_t> merged_errors(std::span<ThreadContext* const> threads);

}  // namespace redstart
