// WriteMonitor: how well a store's writes do, from the differences of its own counters.
//
//   auto seen = redstart::monitor_write_performance(client, std::chrono::seconds(10)).value();
//   std::printf("%.0f writes/s, %.1f us each in the server\n", seen.write_ops_per_second, seen.avg_write_latency_us);
//
// Or without waiting: begin() now, measure() later. Which commands write is the server's own word (COMMAND), so modules
// and subcommands count. A counter that became smaller (CONFIG RESETSTAT, a restart) starts again from zero, and
// was_reset says so. On a Redis Cluster INFO is one node's: give each node a monitor of its own.
//
// Threads: thread-compatible. Ownership: shares the client's store; borrows the clock.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "redstart/client.h"
#include "redstart/patterns/persistence_status.h"
#include "redstart/patterns/wait_clock.h"

namespace redstart {

struct CommandLoad {
  std::string name;  // as in INFO commandstats: "set", "xgroup|create"
  uint64_t calls = 0;
  uint64_t usec = 0;  // executing, all calls together
  // Since the server's counters were reset, in microseconds; where it keeps them (latency-tracking).
  std::optional<double> p50_usec = {}, p99_usec = {};
};

struct WritePerformance {
  double duration_seconds = 0;
  uint64_t total_commands = 0;
  uint64_t write_commands = 0;
  double write_ops_per_second = 0;
  double write_percentage = 0;        // of all commands
  double avg_write_latency_us = 0;    // execution in the server: no network, no waiting for others
  // As a client sees it: PING, all through the window; empty when measure() is called without pings.
  std::optional<double> round_trip_p50_ms = {}, round_trip_p99_ms = {};
  std::vector<CommandLoad> writes;    // what was called in the window, most time first
  int64_t used_memory_delta = 0;
  double memory_growth_bytes_per_second = 0;
  int64_t connected_clients = 0;
  int64_t instantaneous_ops_per_sec = 0;
  // --- How far the disk is behind
  int64_t changes_since_last_save = 0;
  int64_t seconds_since_last_save = 0;
  int64_t delayed_fsyncs = 0;  // in the window
  int64_t pending_fsyncs = 0;
  // Entries of the streams and lists that were asked for.
  std::vector<std::pair<std::string, int64_t>> queue_depths;
  bool was_reset = false;
  std::vector<std::string> warnings;  // of the persistence: see PersistenceStatus::warnings()
};

struct WriteMonitorOptions {
  std::vector<std::string> queues = {};  // keys of streams and lists whose length is of interest
  std::chrono::seconds aof_rewrite_time_max{60};
  WaitClock* clock = nullptr;            // null: the system's
};

class WriteMonitor {
 public:
  explicit WriteMonitor(Client client, WriteMonitorOptions options = {});

  // Begins a window. Errors: the store's, NOPERM included.
  result<void> begin();
  // What has happened since begin(); the window goes on. Errors: invalid_argument without begin(), or when no time has
  // passed.
  result<WritePerformance> measure();

 private:
  struct Sample {
    WaitClock::TimePoint at;
    std::map<std::string, std::string> info;
  };
  result<Sample> sample() const;
  result<void> learn_writes();
  void add_commands(WritePerformance& seen, const Sample& now) const;
  result<void> add_queues(WritePerformance& seen) const;

  Client client_;
  const WriteMonitorOptions options_;
  std::set<std::string> writes_;  // names of commands that write
  std::optional<Sample> before_;
};

// Measures for `duration`, which must be positive, with a PING fifty times in it.
result<WritePerformance> monitor_write_performance(Client client, std::chrono::milliseconds duration,
                                                   WriteMonitorOptions options = {});

}  // namespace redstart
