// HotKeys: which keys take most of the time, or of the bytes on the wire, while somebody asks (HOTKEYS).
//
// Every command's cost is added to its keys in a Space-Saving summary (Metwally, Agrawal, El Abbadi 2005): a fixed
// number of counters, of which the smallest is given to a key that has none. A key whose share is above one in that
// number is never missed, and no count is too small. Threads write to summaries of their own, which are added up when
// they are asked for. While nobody asks, nothing of this is touched (see Executor::attention_cycles).
//
// Threads: thread-safe. Ownership: owns its summaries, of bounded size.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <functional>
#include <mutex>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "base/random.h"

namespace redstart {

// The heaviest of a stream of weighted keys, in bounded memory.
class SpaceSaving {
 public:
  explicit SpaceSaving(size_t capacity = 0) : capacity_(capacity) {}
  SpaceSaving(SpaceSaving&&) = default;
  SpaceSaving& operator=(SpaceSaving&&) = default;
  void add(std::string_view key, uint64_t weight);
  size_t size() const { return counters_.size(); }
  // fn(key, weight), the weight too great by no more than the smallest counter.
  template <class Fn>
  void for_each(Fn&& fn) const {
    for (const Counter& counter : counters_) fn(std::string_view(*counter.key), counter.weight);
  }

 private:
  struct Hash : std::hash<std::string_view> {
    using is_transparent = void;
  };
  struct Counter {
    const std::string* key;  // in places_
    uint64_t weight;
  };
  void sift_down(size_t place);
  void sift_up(size_t place);
  void swap(size_t a, size_t b);

  size_t capacity_;
  std::vector<Counter> counters_;  // a heap: the smallest in front
  std::unordered_map<std::string, size_t, Hash, std::equal_to<>> places_;
};

class HotKeys {
 public:
  static constexpr size_t kCountMax = 64;

  struct Options {
    bool by_time = false;
    bool by_bytes = false;
    size_t count = 10;        // how many keys are told
    int64_t duration_ms = 0;  // 0: until stop()
    uint32_t sample_ratio = 1;
  };
  // What one command cost.
  struct Cost {
    uint64_t cycles;
    uint64_t bytes;
  };
  using Ranking = std::vector<std::pair<std::string, uint64_t>>;  // the heaviest first
  struct Report {
    Options options;
    bool active;
    uint64_t time_us;  // of all commands
    uint64_t bytes;
    int64_t started_ms;
    int64_t duration_ms;
    int64_t cpu_user_ms, cpu_system_ms;  // of the process, meanwhile
    Ranking by_time_us;
    Ranking by_bytes;
  };

  HotKeys() = default;
  bool is_active() const { return active_.load(std::memory_order_relaxed); }
  // False: it is active already.
  bool start(const Options& options, int64_t now_ms);
  // False: it is not active. What was found stays.
  bool stop(int64_t now_ms);
  // Stops when the duration is over; whether it did.
  bool stop_if_due(int64_t now_ms);
  // False: it is active, stop it first.
  bool reset();
  // False: nothing was started.
  bool report(int64_t now_ms, Report& report) const;

  // Adds a command's cost, in equal parts to its keys. Keys that stand twice count twice.
  void add(const std::vector<std::string_view>& keys, const Cost& cost);

 private:
  static constexpr size_t kParts = 16;
  struct alignas(64) Part {
    mutable std::mutex mutex;  // guards the following
    SpaceSaving by_time, by_bytes;
    uint64_t cycles = 0, bytes = 0;
    Random random;
  };
  Part& mine();
  static Ranking heaviest(const std::vector<const SpaceSaving*>& summaries, size_t count);

  std::atomic<bool> active_{false};
  std::atomic<uint32_t> sample_ratio_{1};
  mutable std::mutex mutex_;  // guards the following; taken before a part's
  bool has_data_ = false;
  Options options_;
  int64_t started_ms_ = 0, ended_ms_ = 0;
  int64_t started_user_ms_ = 0, started_system_ms_ = 0;
  std::array<Part, kParts> parts_;
};

}  // namespace redstart
