// SlowLog: the latest commands that took longer than a threshold (SLOWLOG).
//
// Threads: thread-safe. Ownership: owns its entries, at most `slowlog-max-len` of them; the oldest go.
#pragma once

#include <atomic>
#include <cstdint>
#include <deque>
#include <limits>
#include <mutex>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace redstart {

class Config;
class Session;

class SlowLog {
 public:
  static constexpr size_t kArgumentsMax = 32;       // more are summed up in the last one
  static constexpr size_t kArgumentBytesMax = 128;  // longer ones are cut

  struct Entry {
    int64_t id;
    int64_t unix_time_s;
    int64_t duration_us;
    std::vector<std::string> args;
    std::string address;
    std::string client_name;
  };

  // Takes the threshold and the length over from the configuration.
  void configure(const Config& config);
  // What a command must take to be logged, in cycles of CycleClock.
  uint64_t threshold_cycles() const { return threshold_cycles_.load(std::memory_order_relaxed); }
  void add(Session& session, std::span<const std::string_view> words, uint64_t cycles);

  // The newest first.
  std::vector<Entry> newest(size_t count) const;
  size_t size() const;
  // Empties it; ids go on.
  void reset();

 private:
  std::atomic<uint64_t> threshold_cycles_{std::numeric_limits<uint64_t>::max()};
  mutable std::mutex mutex_;  // guards the following
  std::deque<Entry> entries_;  // the newest in front
  size_t length_max_ = 128;
  int64_t next_id_ = 0;
};

}  // namespace redstart
