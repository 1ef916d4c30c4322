#include "execution/latency_monitor.h"

#include <algorithm>

#include "execution/config.h"

namespace redstart {

void LatencyMonitor::configure(const Config& config) {
  threshold_ms_.store(config.latency_threshold_ms(), std::memory_order_relaxed);
}

void LatencyMonitor::keep(std::string_view name, int64_t latency_ms) {
  const int64_t now_s = clock_.unix_time_ms() / 1000;
  const std::lock_guard lock(mutex_);
  auto found = events_.find(name);
  if (found == events_.end()) {
    found = events_.emplace(name, Event{.name = std::string(name), .samples = {}}).first;
  }
  Event& event = found->second;
  event.worst_ms = std::max(event.worst_ms, latency_ms);
  // Of one second only the worst is of interest.
  if (!event.samples.empty() && event.samples.back().unix_time_s == now_s) {
    Sample& latest = event.samples.back();
    latest.latency_ms = std::max(latest.latency_ms, latency_ms);
    return;
  }
  if (event.samples.size() == kSamplesMax) event.samples.erase(event.samples.begin());
  event.samples.push_back({now_s, latency_ms});
}

std::vector<LatencyMonitor::Event> LatencyMonitor::events() const {
  const std::lock_guard lock(mutex_);
  std::vector<Event> result;
  for (const auto& [name, event] : events_) result.push_back(event);
  return result;
}

LatencyMonitor::Event LatencyMonitor::event(std::string_view name) const {
  const std::lock_guard lock(mutex_);
  const auto found = events_.find(name);
  return found == events_.end() ? Event{.name = std::string(name), .samples = {}} : found->second;
}

size_t LatencyMonitor::reset(std::span<const std::string_view> names) {
  const std::lock_guard lock(mutex_);
  if (names.empty()) {
    const size_t count = events_.size();
    events_.clear();
    return count;
  }
  size_t count = 0;
  for (const std::string_view name : names) {
    const auto found = events_.find(name);
    if (found == events_.end()) continue;
    events_.erase(found);
    ++count;
  }
  return count;
}

}  // namespace redstart
