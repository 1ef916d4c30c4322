#include "cli/oom_score.h"

#include <algorithm>
#include <fstream>

#include "base/numbers.h"
#include "execution/config_values.h"

namespace redstart {
namespace {

constexpr char kPath[] = "/proc/self/oom_score_adj";
constexpr int kMin = -1000, kMax = 1000;

}  // namespace

OomScore::OomScore() { std::ifstream(kPath) >> initial_; }

std::optional<std::string> OomScore::apply(const Config& config) {
  const std::string mode = config.value_of("oom-score-adj").value_or("no");
  if (mode == "no" && !is_changed_) return std::nullopt;
  int score = initial_;
  if (mode != "no") {
    // The values are a master's, a replica's and a child's.
    const auto values = split_words(config.value_of("oom-score-adj-values").value_or("0"));
    const auto wanted = static_cast<int>(parse_int64(values.front()).value_or(0));
    score = std::clamp(mode == "absolute" ? wanted : initial_ + wanted, kMin, kMax);
  }
  std::ofstream file(kPath);
  file << score << std::flush;
  if (!file) return "Failed to apply new oom_score_adj configuration, check server logs.";
  is_changed_ = true;
  return std::nullopt;
}

}  // namespace redstart
