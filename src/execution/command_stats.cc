#include "execution/command_stats.h"

#include <algorithm>
#include <cmath>

#include "execution/scripting/script_runner.h"

namespace redstart {
namespace {

void subtract(CommandStats& from, const CommandStats& baseline) {
  from.calls -= baseline.calls;
  from.cycles -= baseline.cycles;
  from.rejected -= baseline.rejected;
  from.failed -= baseline.failed;
  for (size_t i = 0; i < baseline.latencies.size(); ++i) from.latencies[i] -= baseline.latencies[i];
}

}  // namespace

uint64_t CommandStats::percentile_cycles(double percentile) const {
  uint64_t total = 0;
  for (const uint64_t count : latencies) total += count;
  if (total == 0) return 0;
  const auto rank = static_cast<uint64_t>(std::ceil(percentile / 100 * static_cast<double>(total)));
  uint64_t seen = 0;
  for (size_t bucket = 0; bucket < latencies.size(); ++bucket) {
    seen += latencies[bucket];
    if (seen >= std::max<uint64_t>(rank, 1)) return LatencyHistogram::upper_bound(bucket);
  }
  return LatencyHistogram::upper_bound(latencies.size() - 1);
}

ThreadContext::ThreadContext(size_t command_count)
    : random_(system_seed()),
      commands_(std::make_unique<PerCommand[]>(command_count)),
      command_count_(command_count) {}

ThreadContext::~ThreadContext() {
  track_latency(true);
  for (size_t i = 0; i < command_count_; ++i) delete commands_[i].histogram.load();
}

void ThreadContext::add_to_new_histogram(PerCommand& command, uint64_t cycles) {
  const std::lock_guard lock(mutex_);
  if (!tracks_latency_) return;
  auto* histogram = command.histogram.load(std::memory_order_relaxed);
  if (!histogram) {
    histogram = new LatencyHistogram;
    command.histogram.store(histogram, std::memory_order_release);
  }
  histogram->add(cycles);
}

void ThreadContext::track_latency(bool on) {
  const std::lock_guard lock(mutex_);
  if (on == tracks_latency_) return;
  tracks_latency_ = on;
  for (const auto& [index, histogram] : set_aside_) {
    commands_[index].histogram.store(histogram, std::memory_order_release);
  }
  set_aside_.clear();
  for (size_t i = 0; !on && i < command_count_; ++i) {
    if (auto* histogram = commands_[i].histogram.exchange(nullptr)) set_aside_.emplace(i, histogram);
  }
}

void ThreadContext::record_error(std::string_view code) {
  const std::lock_guard lock(mutex_);
  const auto found = errors_.find(code);
  if (found != errors_.end()) {
    ++found->second;
  } else if (errors_.size() < kErrorCodesMax) {
    errors_.emplace(code, 1);
  }
}

void ThreadContext::add_to(size_t command_index, CommandStats& stats) const {
  const PerCommand& command = commands_[command_index];
  stats.calls += command.calls.get();
  stats.cycles += command.cycles.get();
  stats.rejected += command.rejected.get();
  stats.failed += command.failed.get();
  const std::lock_guard lock(mutex_);
  const auto aside = set_aside_.find(command_index);
  const LatencyHistogram* histogram = aside != set_aside_.end()
                                          ? aside->second
                                          : command.histogram.load(std::memory_order_acquire);
  if (histogram) {
    stats.latencies.resize(LatencyHistogram::kBuckets);
    for (size_t i = 0; i < LatencyHistogram::kBuckets; ++i) {
      stats.latencies[i] += histogram->count(i);
    }
  }
  const auto baseline = baselines_.find(command_index);
  if (baseline != baselines_.end()) subtract(stats, baseline->second);
}

void ThreadContext::add_errors_to(std::map<std::string, uint64_t>& errors) const {
  const std::lock_guard lock(mutex_);
  for (const auto& [code, count] : errors_) errors[code] += count;
}

uint64_t ThreadContext::call_count() const {
  uint64_t result = 0;
  for (size_t i = 0; i < command_count_; ++i) result += commands_[i].calls.get();
  const std::lock_guard lock(mutex_);
  for (const auto& [index, baseline] : baselines_) result -= baseline.calls;
  return result;
}

void ThreadContext::add_transport_to(TransportTotals& totals) const {
  const std::lock_guard lock(mutex_);
  totals.input_bytes += transport.input_bytes.get() - transport_baseline_.input_bytes;
  totals.output_bytes += transport.output_bytes.get() - transport_baseline_.output_bytes;
  totals.reads += transport.reads.get() - transport_baseline_.reads;
  totals.writes += transport.writes.get() - transport_baseline_.writes;
}

void ThreadContext::reset() {
  {
    const std::lock_guard lock(mutex_);
    baselines_.clear();
    errors_.clear();
    transport_baseline_ = {transport.input_bytes.get(), transport.output_bytes.get(),
                           transport.reads.get(), transport.writes.get()};
  }
  std::map<size_t, CommandStats> now;
  for (size_t i = 0; i < command_count_; ++i) {
    CommandStats stats;
    add_to(i, stats);
    // Of a call that blocked, another thread may have counted the reply.
    const bool is_used = (stats.calls | stats.rejected | stats.failed | stats.cycles) != 0 || !stats.latencies.empty();
    if (is_used) now.emplace(i, std::move(stats));
  }
  const std::lock_guard lock(mutex_);
  baselines_ = std::move(now);
}

CommandStats merged_stats(std::span<ThreadContext* const> threads, size_t command_index) {
  CommandStats result;
  for (const ThreadContext* thread : threads) thread->add_to(command_index, result);
  return result;
}

std::map<std::string, uint64_t> merged_errors(std::span<ThreadContext* const> threads) {
  std::map<std::string, uint64_t> result;
  for (const ThreadContext* thread : threads) thread->add_errors_to(result);
  return result;
}

}  // namespace redstart
