// SlowLog: the latest commands of which something was above a threshold: their time (SLOWLOG, COMMANDLOG ... slow),
// or the bytes of their request or reply (COMMANDLOG ... large-request, large-reply).
//
// Threads: thread-safe. Ownership: owns its entries, a configured number at most; the oldest go.
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
    int64_t amount;  // microseconds, or bytes
    std::vector<std::string> args;
    std::string address;
    std::string client_name;
  };

  // Takes the threshold and the length over from the configuration.
  void configure(const Config& config);
  // The same for bytes; a negative threshold: nothing is logged.
  void configure(int64_t threshold_bytes, size_t length_max);
  // What a command must take to be logged, in cycles of CycleClock.
  uint64_t threshold_cycles() const { return threshold(); }
  // The same for logs of bytes.
  uint64_t threshold() const { return threshold_.load(std::memory_order_relaxed); }
  bool is_on() const { return threshold() != kOff; }
  // A call of the command `full_name` ("config|set").
  void add(Session& session, std::string_view full_name, std::span<const std::string_view> words,
           uint64_t cycles);
  void add_bytes(Session& session, std::string_view full_name, std::span<const std::string_view> words,
                 uint64_t bytes);

  // The newest first.
  std::vector<Entry> newest(size_t count) const;
  size_t size() const;
  // Empties it; ids go on.
  void reset();

 private:
  static constexpr uint64_t kOff = std::numeric_limits<uint64_t>::max();
  void set_limits(uint64_t threshold, size_t length_max);
  void add_amount(Session& session, std::string_view full_name, std::span<const std::string_view> words,
                  int64_t amount);

  std::atomic<uint64_t> threshold_{kOff};
  mutable std::mutex mutex_;  // guards the following
  std::deque<Entry> entries_;  // the newest in front
  size_t length_max_ = 128;
  int64_t next_id_ = 0;
};

}  // namespace redstart
