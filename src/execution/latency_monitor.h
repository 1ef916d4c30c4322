// LatencyMonitor: the events that took longer than `latency-monitor-threshold`, with the latest samples of
// each (LATENCY).
//
// What is worth watching takes an Event's name from latency_events and reports how long it took; while the
// threshold is 0 that is one relaxed load.
//
// Threads: thread-safe. Ownership: owns its samples, kSamplesMax for each event; the oldest go.
#pragma once

#include <atomic>
#include <cstdint>
#include <map>
#include <mutex>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/cycle_clock.h"

namespace redstart {

class Config;

// The events under Redis's names.
namespace latency_events {
inline constexpr std::string_view kCommand = "command";
inline constexpr std::string_view kFastCommand = "fast-command";      // of commands with the flag `fast`
inline constexpr std::string_view kExpireCycle = "expire-cycle";      // one look for keys that are due
inline constexpr std::string_view kExpireDel = "expire-del";          // freeing one of them
inline constexpr std::string_view kEvictionCycle = "eviction-cycle";  // making room once
inline constexpr std::string_view kEvictionDel = "eviction-del";      // freeing one key for it
inline constexpr std::string_view kAofWrite = "aof-write";            // writing to the log's file
inline constexpr std::string_view kAofFsyncAlways = "aof-fsync-always";  // a sync that replies wait for
}  // namespace latency_events

class LatencyMonitor {
 public:
  static constexpr size_t kSamplesMax = 160;

  struct Sample {
    int64_t unix_time_s;
    int64_t latency_ms;
  };
  struct Event {
    std::string name;
    std::vector<Sample> samples;  // the oldest first, at most one for each second
    int64_t worst_ms = 0;         // since the last reset, of samples that are gone too
  };

  explicit LatencyMonitor(const Clock& clock) : clock_(clock) {}

  void configure(const Config& config);
  bool is_on() const { return threshold_ms() != 0; }
  int64_t threshold_ms() const { return threshold_ms_.load(std::memory_order_relaxed); }
  // Keeps the sample if it reaches the threshold.
  void add(std::string_view event, int64_t latency_ms) {
    const int64_t threshold = threshold_ms();
    if (threshold != 0 && latency_ms >= threshold) [[unlikely]] keep(event, latency_ms);
  }
  void add_cycles(std::string_view event, uint64_t cycles) {
    if (is_on()) [[unlikely]] add(event, static_cast<int64_t>(CycleClock::to_ns(cycles) / 1'000'000));
  }

  // By name.
  std::vector<Event> events() const;
  // One event; without samples if it is not known.
  Event event(std::string_view name) const;
  // Forgets the named events, or all when there is no name; returns how many were known.
  size_t reset(std::span<const std::string_view> names);

 private:
  void keep(std::string_view event, int64_t latency_ms);

  const Clock& clock_;
  std::atomic<int64_t> threshold_ms_{0};
  mutable std::mutex mutex_;  // guards the following
  std::map<std::string, Event, std::less<>> events_;
};

// Measures from its birth on, while the monitor is on.
class LatencyTimer {
 public:
  explicit LatencyTimer(LatencyMonitor& monitor)
      : monitor_(monitor), start_cycles_(monitor.is_on() ? CycleClock::now() : 0) {}
  LatencyTimer(const LatencyTimer&) = delete;
  void stop(std::string_view event) {
    if (start_cycles_ != 0) monitor_.add_cycles(event, CycleClock::now() - start_cycles_);
  }

 private:
  LatencyMonitor& monitor_;
  const uint64_t start_cycles_;
};

}  // namespace redstart
