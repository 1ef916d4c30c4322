// What LATENCY GRAPH and LATENCY DOCTOR say of events.
//
// Threads: thread-safe.
#pragma once

#include <cstdint>
#include <span>
#include <string>

#include "execution/latency_monitor.h"

namespace redstart {

// A picture of the event's samples, a column each, the newest at the right. REQUIRES: it has samples.
std::string latency_graph(const LatencyMonitor::Event& event, int64_t now_s);

struct LatencyAdvice {
  int64_t threshold_ms = 0;          // of the monitor
  int64_t slowlog_threshold_us = 0;  // negative: off
};
// What took long, in words, and what may help. REQUIRES: the monitor is on.
std::string latency_diagnosis(std::span<const LatencyMonitor::Event> events, const LatencyAdvice& advice);

}  // namespace redstart
