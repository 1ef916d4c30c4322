#include "cli/tools.h"

#include <cstdio>
#include <cstdlib>

#include "redstart/patterns/kernel_check.h"
#include "redstart/patterns/layout_comparison.h"
#include "redstart/patterns/write_monitor.h"

namespace redstart {
namespace {

constexpr char kDefaultUrl[] = "redis://127.0.0.1:6379";

int fail(const char* tool, const std::string& message) {
  std::fprintf(stderr, "redstart %s: %s\n", tool, message.c_str());
  return 1;
}

void print(const WritePerformance& seen) {
  std::printf("writes                %.0f/s (%llu in %.1f s, %.1f %% of all commands)\n", seen.write_ops_per_second,
              static_cast<unsigned long long>(seen.write_commands), seen.duration_seconds, seen.write_percentage);
  std::printf("time in the server    %.2f us a write\n", seen.avg_write_latency_us);
  if (seen.round_trip_p50_ms) {
    std::printf("round trip (PING)     p50 %.3f ms, p99 %.3f ms\n", *seen.round_trip_p50_ms, *seen.round_trip_p99_ms);
  }
  std::printf("memory                %+lld bytes, %+.0f bytes/s\n", static_cast<long long>(seen.used_memory_delta),
              seen.memory_growth_bytes_per_second);
  std::printf("clients               %lld\n", static_cast<long long>(seen.connected_clients));
  std::printf("not saved yet         %lld changes, last save %lld s ago, %lld fsyncs delayed, %lld pending\n",
              static_cast<long long>(seen.changes_since_last_save),
              static_cast<long long>(seen.seconds_since_last_save), static_cast<long long>(seen.delayed_fsyncs),
              static_cast<long long>(seen.pending_fsyncs));
  for (const auto& [key, depth] : seen.queue_depths) {
    std::printf("queue %-15s %lld\n", key.c_str(), static_cast<long long>(depth));
  }
  for (const CommandLoad& load : seen.writes) {
    std::printf("  %-20s %llu calls, %.2f us each", load.name.c_str(), static_cast<unsigned long long>(load.calls),
                static_cast<double>(load.usec) / static_cast<double>(load.calls));
    if (load.p99_usec) std::printf(", p50 %.2f us, p99 %.2f us since the start", *load.p50_usec, *load.p99_usec);
    std::printf("\n");
  }
  if (seen.was_reset) std::printf("the counters were reset meanwhile\n");
  for (const std::string& warning : seen.warnings) std::printf("WARNING: %s\n", warning.c_str());
}

}  // namespace

int check_system(std::span<const std::string> arguments) {
  int deviating = 0;
  for (const KernelSetting& one : check_kernel(arguments.empty() ? "/proc/sys" : arguments[0])) {
    const char* const state = one.state == KernelSetting::State::ok         ? "ok"
                              : one.state == KernelSetting::State::deviates ? "DEVIATES"
                                                                            : "unreadable";
    std::printf("%-10s  %s = %s", state, one.name.c_str(), one.actual.empty() ? "?" : one.actual.c_str());
    if (one.state == KernelSetting::State::deviates) std::printf(" (recommended: %s)", one.recommended.c_str());
    std::printf("\n            %s\n", one.note.c_str());
    deviating += one.state == KernelSetting::State::deviates;
  }
  std::printf("%d settings deviate; nothing was changed\n", deviating);
  return deviating > 0 ? 1 : 0;
}

int layouts(std::span<const std::string> arguments) {
  const auto client = open(arguments.empty() ? kDefaultUrl : arguments[0]);
  if (!client) return fail("layouts", client.error().message);
  const auto rows = compare_layouts(*client);
  if (!rows) return fail("layouts", rows.error().message);
  std::string data;
  for (const LayoutRow& row : *rows) {
    if (row.data != data) std::printf("%s%s\n", data.empty() ? "" : "\n", row.data.c_str());
    data = row.data;
    std::printf("  %-45s %9lld bytes  %7.1f each", row.layout.c_str(), static_cast<long long>(row.memory_bytes),
                row.bytes_each());
    if (row.encode_us > 0) std::printf("  %6.2f us to encode", row.encode_us);
    std::printf("\n");
  }
  return 0;
}

int monitor_writes(std::span<const std::string> arguments) {
  const auto client = open(arguments.empty() ? kDefaultUrl : arguments[0]);
  if (!client) return fail("monitor-writes", client.error().message);
  const double seconds = arguments.size() > 1 ? std::atof(arguments[1].c_str()) : 10;
  WriteMonitorOptions options;
  if (arguments.size() > 2) options.queues.assign(arguments.begin() + 2, arguments.end());
  const auto seen =
      monitor_write_performance(*client, std::chrono::milliseconds(static_cast<int64_t>(seconds * 1000)), options);
  if (!seen) return fail("monitor-writes", seen.error().message);
  print(*seen);
  return 0;
}

}  // namespace redstart
