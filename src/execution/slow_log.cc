#include "execution/slow_log.h"

#include <algorithm>
#include <utility>

#include "base/cycle_clock.h"
#include "execution/config.h"
#include "execution/redaction.h"
#include "execution/session.h"

namespace redstart {
namespace {

std::string clipped(std::string_view word) {
  if (word.size() <= SlowLog::kArgumentBytesMax) return std::string(word);
  const size_t more = word.size() - SlowLog::kArgumentBytesMax;
  return std::string(word.substr(0, SlowLog::kArgumentBytesMax)) + "... (" + std::to_string(more) +
         " more bytes)";
}

std::vector<std::string> shown_words(std::string_view full_name,
                                     std::span<const std::string_view> words) {
  const std::vector<std::string_view> shown = redacted(full_name, words);
  const bool fits = shown.size() <= SlowLog::kArgumentsMax;
  const size_t whole = fits ? shown.size() : SlowLog::kArgumentsMax - 1;
  std::vector<std::string> result;
  for (size_t i = 0; i < whole; ++i) result.push_back(clipped(shown[i]));
  if (!fits) {
    result.push_back("... (" + std::to_string(shown.size() - whole) + " more arguments)");
  }
  return result;
}

}  // namespace

void SlowLog::configure(const Config& config) {
  const int64_t threshold_us = config.slowlog_threshold_us();
  const bool representable = threshold_us >= 0 && threshold_us < int64_t{1} << 50;
  set_limits(representable ? CycleClock::from_ns(static_cast<uint64_t>(threshold_us) * 1000) : kOff,
             config.slowlog_length_max());
}

void SlowLog::configure(int64_t threshold_bytes, size_t length_max) {
  set_limits(threshold_bytes < 0 ? kOff : static_cast<uint64_t>(threshold_bytes), length_max);
}

void SlowLog::set_limits(uint64_t threshold, size_t length_max) {
  threshold_ = threshold;
  const std::lock_guard lock(mutex_);
  length_max_ = length_max;
  if (entries_.size() > length_max_) entries_.resize(length_max_);
}

void SlowLog::add(Session& session, std::string_view full_name,
                  std::span<const std::string_view> words, uint64_t cycles) {
  add_amount(session, full_name, words, static_cast<int64_t>(CycleClock::to_ns(cycles) / 1000));
}

void SlowLog::add_bytes(Session& session, std::string_view full_name,
                        std::span<const std::string_view> words, uint64_t bytes) {
  add_amount(session, full_name, words, static_cast<int64_t>(bytes));
}

void SlowLog::add_amount(Session& session, std::string_view full_name,
                         std::span<const std::string_view> words, int64_t amount) {
  Entry entry{.id = 0,
              .unix_time_s = session.last_interaction_ms.load(std::memory_order_relaxed) / 1000,
              .amount = amount,
              .args = shown_words(full_name, words),
              .address = session.transport().address,
              .client_name = {}};
  {
    const std::lock_guard lock(session.mutex);
    entry.client_name = session.name;
  }
  const std::lock_guard lock(mutex_);
  entry.id = next_id_++;
  entries_.push_front(std::move(entry));
  if (entries_.size() > length_max_) entries_.resize(length_max_);
}

std::vector<SlowLog::Entry> SlowLog::newest(size_t count) const {
  const std::lock_guard lock(mutex_);
  const auto end = entries_.begin() + static_cast<ptrdiff_t>(std::min(count, entries_.size()));
  return {entries_.begin(), end};
}

size_t SlowLog::size() const {
  const std::lock_guard lock(mutex_);
  return entries_.size();
}

void SlowLog::reset() {
  const std::lock_guard lock(mutex_);
  entries_.clear();
}

}  // namespace redstart
