#include "execution/hot_keys.h"

#include <sys/resource.h>

#include <algorithm>
#include <functional>

#include "base/cycle_clock.h"

namespace redstart {
namespace {

constexpr size_t kCountersPerKey = 16;  // counters kept for each key that is told

int64_t milliseconds(const timeval& time) { return time.tv_sec * 1000 + time.tv_usec / 1000; }

void process_times(int64_t& user_ms, int64_t& system_ms) {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  user_ms = milliseconds(usage.ru_utime);
  system_ms = milliseconds(usage.ru_stime);
}

}  // namespace

// --- SpaceSaving

void SpaceSaving::swap(size_t a, size_t b) {
  std::swap(counters_[a], counters_[b]);
  places_.find(*counters_[a].key)->second = a;
  places_.find(*counters_[b].key)->second = b;
}

void SpaceSaving::sift_down(size_t place) {
  while (true) {
    size_t least = place;
    for (const size_t child : {2 * place + 1, 2 * place + 2}) {
      if (child < counters_.size() && counters_[child].weight < counters_[least].weight) least = child;
    }
    if (least == place) return;
    swap(place, least);
    place = least;
  }
}

void SpaceSaving::sift_up(size_t place) {
  while (place > 0 && counters_[place].weight < counters_[(place - 1) / 2].weight) {
    swap(place, (place - 1) / 2);
    place = (place - 1) / 2;
  }
}

void SpaceSaving::add(std::string_view key, uint64_t weight) {
  if (capacity_ == 0) return;
  if (const auto found = places_.find(key); found != places_.end()) {
    counters_[found->second].weight += weight;
    return sift_down(found->second);
  }
  if (counters_.size() < capacity_) {
    const auto added = places_.emplace(key, counters_.size()).first;
    counters_.push_back({&added->first, weight});
    return sift_up(counters_.size() - 1);
  }
  places_.erase(places_.find(*counters_[0].key));
  counters_[0].key = &places_.emplace(key, 0).first->first;
  counters_[0].weight += weight;
  sift_down(0);
}

// --- HotKeys

bool HotKeys::start(const Options& options, int64_t now_ms) {
  const std::lock_guard lock(mutex_);
  if (is_active()) return false;
  const size_t capacity = options.count * kCountersPerKey;
  for (Part& part : parts_) {
    const std::lock_guard part_lock(part.mutex);
    part.by_time = SpaceSaving(options.by_time ? capacity : 0);
    part.by_bytes = SpaceSaving(options.by_bytes ? capacity : 0);
    part.cycles = part.bytes = 0;
  }
  options_ = options;
  started_ms_ = now_ms;
  process_times(started_user_ms_, started_system_ms_);
  has_data_ = true;
  sample_ratio_.store(options.sample_ratio, std::memory_order_relaxed);
  active_.store(true, std::memory_order_relaxed);
  return true;
}

bool HotKeys::stop(int64_t now_ms) {
  const std::lock_guard lock(mutex_);
  if (!is_active()) return false;
  active_.store(false, std::memory_order_relaxed);
  ended_ms_ = now_ms;
  return true;
}

bool HotKeys::stop_if_due(int64_t now_ms) {
  if (!is_active()) return false;
  const std::lock_guard lock(mutex_);
  if (options_.duration_ms == 0 || now_ms < started_ms_ + options_.duration_ms || !is_active()) return false;
  active_.store(false, std::memory_order_relaxed);
  ended_ms_ = now_ms;
  return true;
}

bool HotKeys::reset() {
  const std::lock_guard lock(mutex_);
  if (is_active()) return false;
  for (Part& part : parts_) {
    const std::lock_guard part_lock(part.mutex);
    part.by_time = SpaceSaving();
    part.by_bytes = SpaceSaving();
  }
  has_data_ = false;
  return true;
}

HotKeys::Part& HotKeys::mine() {
  static std::atomic<size_t> next_thread{0};
  thread_local const size_t thread = next_thread.fetch_add(1, std::memory_order_relaxed);
  return parts_[thread % kParts];
}

void HotKeys::add(const std::vector<std::string_view>& keys, const Cost& cost) {
  Part& part = mine();
  const uint32_t ratio = sample_ratio_.load(std::memory_order_relaxed);
  const std::lock_guard lock(part.mutex);
  if (!is_active()) return;  // stopped meanwhile
  part.cycles += cost.cycles;
  part.bytes += cost.bytes;
  for (const std::string_view key : keys) {
    if (ratio > 1 && part.random.below(ratio) != 0) continue;
    part.by_time.add(key, cost.cycles / keys.size());
    part.by_bytes.add(key, cost.bytes / keys.size());
  }
}

HotKeys::Ranking HotKeys::heaviest(const std::vector<const SpaceSaving*>& summaries, size_t count) {
  std::unordered_map<std::string, uint64_t> sums;
  for (const SpaceSaving* summary : summaries) {
    summary->for_each([&](std::string_view key, uint64_t weight) { sums[std::string(key)] += weight; });
  }
  Ranking ranking(sums.begin(), sums.end());
  std::ranges::sort(ranking, [](const auto& a, const auto& b) {
    return a.second != b.second ? a.second > b.second : a.first < b.first;
  });
  if (ranking.size() > count) ranking.resize(count);
  return ranking;
}

bool HotKeys::report(int64_t now_ms, Report& report) const {
  const std::lock_guard lock(mutex_);
  if (!has_data_) return false;
  report = {.options = options_, .active = is_active(), .time_us = 0, .bytes = 0, .started_ms = started_ms_,
            .duration_ms = (is_active() ? now_ms : ended_ms_) - started_ms_, .cpu_user_ms = 0,
            .cpu_system_ms = 0, .by_time_us = {}, .by_bytes = {}};
  process_times(report.cpu_user_ms, report.cpu_system_ms);
  report.cpu_user_ms -= started_user_ms_;
  report.cpu_system_ms -= started_system_ms_;
  std::vector<const SpaceSaving*> times, bytes;
  std::vector<std::unique_lock<std::mutex>> locks;
  uint64_t cycles = 0;
  for (const Part& part : parts_) {
    locks.emplace_back(part.mutex);
    cycles += part.cycles;
    report.bytes += part.bytes;
    times.push_back(&part.by_time);
    bytes.push_back(&part.by_bytes);
  }
  report.time_us = CycleClock::to_ns(cycles) / 1000;
  report.by_time_us = heaviest(times, options_.count);
  for (auto& [key, weight] : report.by_time_us) weight = CycleClock::to_ns(weight) / 1000;
  report.by_bytes = heaviest(bytes, options_.count);
  return true;
}

}  // namespace redstart
