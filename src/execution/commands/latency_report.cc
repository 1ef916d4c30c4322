#include "execution/commands/latency_report.h"

#include <algorithm>
#include <array>
#include <cstdio>
#include <cstdlib>
#include <string_view>
#include <vector>

namespace redstart {
namespace {

using Sample = LatencyMonitor::Sample;

constexpr size_t kColumns = 80;
constexpr int kRows = 4;
// How full the topmost cell of a column can be; the cells below are full.
constexpr std::string_view kFillings = "_o#";
constexpr char kFull = '|';

// How long ago it was: "12s", "3m", "5h", "2d".
std::string age(int64_t seconds) {
  if (seconds < 60) return std::to_string(seconds) + "s";
  if (seconds < 3600) return std::to_string(seconds / 60) + "m";
  if (seconds < 86400) return std::to_string(seconds / 3600) + "h";
  return std::to_string(seconds / 86400) + "d";
}

struct Scale {
  int64_t low_ms, high_ms;

  // In fillings above the bottom: 0 is the lowest one of the lowest row.
  int height_of(int64_t latency_ms) const {
    constexpr int kSteps = kRows * static_cast<int>(kFillings.size());
    const auto range = static_cast<double>(std::max<int64_t>(high_ms - low_ms, 1));
    const auto step = static_cast<int>(static_cast<double>(latency_ms - low_ms) * kSteps / range);
    return std::clamp(step, 0, kSteps - 1);
  }
};

void draw_columns(std::span<const Sample> samples, const Scale& scale, std::string& text) {
  const auto fillings = static_cast<int>(kFillings.size());
  for (int row = kRows - 1; row >= 0; --row) {
    for (const Sample& sample : samples) {
      const int level = scale.height_of(sample.latency_ms) - row * fillings;
      text += level < 0 ? ' ' : level < fillings ? kFillings[static_cast<size_t>(level)] : kFull;
    }
    text += '\n';
  }
}

// Each column's age below it, from top to bottom.
void write_ages(std::span<const Sample> samples, int64_t now_s, std::string& text) {
  std::vector<std::string> ages;
  size_t longest = 0;
  for (const Sample& sample : samples) {
    ages.push_back(age(now_s - sample.unix_time_s));
    longest = std::max(longest, ages.back().size());
  }
  text.append(samples.size(), ' ').append("\n");
  for (size_t line = 0; line < longest; ++line) {
    for (const std::string& word : ages) text += line < word.size() ? word[line] : ' ';
    text += '\n';
  }
}

// --- The diagnosis

struct Figures {
  int64_t mean_ms = 0, mean_deviation_ms = 0;
  double period_s = 0;  // between samples
};

Figures figures_of(std::span<const Sample> samples) {
  const auto count = static_cast<int64_t>(samples.size());
  Figures figures;
  for (const Sample& sample : samples) figures.mean_ms += sample.latency_ms;
  figures.mean_ms /= count;
  for (const Sample& sample : samples) {
    figures.mean_deviation_ms += std::abs(sample.latency_ms - figures.mean_ms);
  }
  figures.mean_deviation_ms /= count;
  const int64_t span_s = samples.back().unix_time_s - samples.front().unix_time_s;
  figures.period_s = static_cast<double>(span_s) / static_cast<double>(count);
  return figures;
}

std::string line_about(size_t number, const LatencyMonitor::Event& event) {
  const Figures figures = figures_of(event.samples);
  char text[256];
  std::snprintf(text, sizeof text,
                "%zu. %s: %zu samples, %lld ms on average (deviation %lld ms), one in %.2f s, worst %lld ms\n",
                number, event.name.c_str(), event.samples.size(),
                static_cast<long long>(figures.mean_ms),
                static_cast<long long>(figures.mean_deviation_ms), figures.period_s,
                static_cast<long long>(event.worst_ms));
  return text;
}

std::string slowlog_hint(const LatencyAdvice& advice) {
  const int64_t threshold_us = advice.threshold_ms * 1000;
  const std::string command = "CONFIG SET slowlog-log-slower-than " + std::to_string(threshold_us);
  if (advice.slowlog_threshold_us < 0) return "The slow log is off. Turn it on with " + command + ".";
  if (advice.slowlog_threshold_us > threshold_us) {
    return "The slow log takes only commands that are slower than these. Lower its threshold with " +
           command + ".";
  }
  return "";
}

std::vector<std::string> hints_for(std::string_view event, const LatencyAdvice& advice) {
  constexpr std::string_view kLargeValues =
      "A value with many elements takes long to free at once. Delete with UNLINK, and keep what "
      "expires or may be evicted in smaller values.";
  using namespace latency_events;
  if (event == kCommand) {
    return {slowlog_hint(advice), "SLOWLOG GET shows which commands these were.", std::string(kLargeValues)};
  }
  if (event == kFastCommand) {
    return {"Commands that do little took long: the process did not get the processor, or waited for "
            "memory. Look for other programs, swapping and too few cores for io-threads."};
  }
  if (event == kExpireCycle) {
    return {"Many keys expire at one time. Spread their deadlines by a random part."};
  }
  if (event == kEvictionCycle) {
    return {"Room is made for writes that come faster than keys are evicted. Raise maxmemory or lower "
            "maxmemory-samples."};
  }
  if (event == kExpireDel || event == kEvictionDel) return {std::string(kLargeValues)};
  if (event == kAofWrite || event == kAofFsyncAlways) {
    return {"The disk takes long for the log. Look for other programs that write to it, or allow more to be lost "
            "with CONFIG SET appendfsync everysec."};
  }
  return {};
}

}  // namespace

std::string latency_graph(const LatencyMonitor::Event& event, int64_t now_s) {
  const std::span<const Sample> samples(event.samples);
  const auto [least, most] = std::ranges::minmax(samples, {}, &Sample::latency_ms);
  const Scale scale{least.latency_ms, most.latency_ms};
  std::string text = event.name + " - high " + std::to_string(scale.high_ms) + " ms, low " +
                     std::to_string(scale.low_ms) + " ms (all time high " +
                     std::to_string(event.worst_ms) + " ms)\n";
  text.append(kColumns, '-').append("\n");
  for (size_t first = 0; first < samples.size(); first += kColumns) {
    const auto part = samples.subspan(first, std::min(kColumns, samples.size() - first));
    if (first != 0) text += '\n';
    draw_columns(part, scale, text);
    write_ages(part, now_s, text);
  }
  return text;
}

std::string latency_diagnosis(std::span<const LatencyMonitor::Event> events, const LatencyAdvice& advice) {
  const std::string threshold = std::to_string(advice.threshold_ms) + " ms";
  if (events.empty()) return "Nothing has taken " + threshold + " or more since the last reset.\n";
  std::string text = "Events that took " + threshold + " or more:\n\n";
  std::vector<std::string> hints;
  size_t number = 0;
  for (const LatencyMonitor::Event& event : events) {
    text += line_about(++number, event);
    for (const std::string& hint : hints_for(event.name, advice)) {
      if (!hint.empty() && std::ranges::find(hints, hint) == hints.end()) hints.push_back(hint);
    }
  }
  if (!hints.empty()) text += "\nWhat may help:\n\n";
  for (const std::string& hint : hints) text += "- " + hint + "\n";
  return text;
}

}  // namespace redstart
