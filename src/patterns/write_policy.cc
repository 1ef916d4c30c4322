#include "redstart/patterns/write_policy.h"

#include <algorithm>
#include <cmath>

namespace redstart {

bool is_passing_refusal(const Error& error) {
  switch (error.code) {
    case ErrorCode::misconfigured:
    case ErrorCode::loading:
    case ErrorCode::busy:
    case ErrorCode::read_only:
    case ErrorCode::cluster_down:
      return true;
    default:
      return false;
  }
}

std::chrono::milliseconds delay_after(const RetryOptions& options, int attempt, double random) {
  const double doubled = static_cast<double>(options.delay_min.count()) * std::exp2(std::min(attempt - 1, 40));
  const double delay = std::min(doubled, static_cast<double>(std::max(options.delay_max, options.delay_min).count()));
  return std::chrono::milliseconds(std::llround(delay * (1 - std::clamp(options.jitter, 0.0, 1.0) * random)));
}

double WriteStats::avg_batch_size() const {
  const uint64_t sent = acknowledged + failed + unknown;
  return total_batches == 0 ? 0 : static_cast<double>(sent) / static_cast<double>(total_batches);
}

double WriteStats::avg_batch_time_ms() const {
  return total_batches == 0 ? 0 : total_time_ms / static_cast<double>(total_batches);
}

double WriteStats::ops_per_second() const {
  return total_time_ms <= 0 ? 0 : static_cast<double>(acknowledged) * 1000 / total_time_ms;
}

}  // namespace redstart
