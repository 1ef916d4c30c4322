// RateLimiter: never more than the algorithm allows, whoever asks; nobody is denied who may; retry_after is exact.
#include <cmath>
#include <map>
#include <optional>

#include "redstart/recipes/rate_limiter.h"
#include "tests/pattern_simulation/world.h"

namespace redstart::simulation {
namespace {

class RateLimiterWorld final : public World {
 public:
  explicit RateLimiterWorld(Machine& machine) : machine_(machine) {
    options_.algorithm = static_cast<RateAlgorithm>(machine.random.below(3));
    options_.limit = 1 + static_cast<int64_t>(machine.random.below(10));
    options_.window = std::chrono::milliseconds(100 + machine.random.below(1000));
    options_.burst = options_.limit;
    if (options_.algorithm == RateAlgorithm::token_bucket) {
      options_.burst = 1 + static_cast<int64_t>(machine.random.below(15));
    }
    for (int i = 0; i < 3; ++i) processes_.push_back(std::make_unique<Process>(machine));
  }

  void step() override {
    const int64_t window_ms = options_.window.count();
    if (machine_.chance(400)) {
      const int64_t longest_ms = machine_.chance(200) ? 2 * window_ms : window_ms / options_.limit + 2;
      return machine_.advance_ms(static_cast<int64_t>(machine_.random.below(static_cast<uint64_t>(longest_ms))));
    }
    Visitor& visitor = visitors_[machine_.random.below(std::size(visitors_))];
    if (visitor.retry_at_ms && machine_.chance(100)) go_to_retry(visitor);
    const auto most = static_cast<uint64_t>(std::min<int64_t>(options_.burst, 3));
    ask(visitor, 1 + static_cast<int64_t>(machine_.random.below(most)));
  }

  void finish() override {
    machine_.advance_ms(3 * options_.window.count() * (1 + options_.burst / options_.limit));
    for (Visitor& visitor : visitors_) {
      visitor.retry_at_ms.reset();
      check(ask(visitor, options_.burst), "after a long rest a full burst is denied");
    }
  }

 private:
  struct Allowed {
    int64_t at_ms, cost;
  };
  struct Visitor {
    std::vector<Allowed> allowed;
    std::optional<int64_t> retry_at_ms;  // of the last decision, which denied
    int64_t denied_cost = 0;
  };

  // To the moment that the denial named, or to the one before it.
  void go_to_retry(const Visitor& visitor) {
    const int64_t left_ms = *visitor.retry_at_ms - machine_.now_ms();
    if (left_ms > 0) machine_.advance_ms(machine_.chance(500) ? left_ms : left_ms - 1);
  }

  bool ask(Visitor& visitor, int64_t cost) {
    Process& process = *processes_[machine_.random.below(processes_.size())];
    RateLimiter limiter(process.client(), options_);
    const auto decision = limiter.allow(&visitor == &visitors_[0] ? "ada" : "bob", cost);
    const int64_t now_ms = machine_.now_ms();
    const auto retry_at_ms = std::exchange(visitor.retry_at_ms, std::nullopt);
    if (!decision) {
      machine_.note("allow: lost");
      return false;
    }
    machine_.note((decision->allowed ? "allowed " : "denied ") + std::to_string(cost));
    if (retry_at_ms && cost == visitor.denied_cost) {
      check(decision->allowed || now_ms < *retry_at_ms, "denied although retry_after has passed");
      // Half a millisecond is rounded up.
      check(!decision->allowed || now_ms >= *retry_at_ms - 1, "allowed before retry_after has passed");
    }
    if (decision->allowed) {
      check(decision->retry_after.count() == 0, "allowed, and told to come back");
      visitor.allowed.push_back({now_ms, cost});
      check_limits(visitor);
    } else {
      check(decision->retry_after.count() > 0, "denied, and told to come back at once");
      visitor.retry_at_ms = now_ms + decision->retry_after.count();
      visitor.denied_cost = cost;
    }
    return decision->allowed;
  }

  // What was allowed in each time that ends now.
  void check_limits(const Visitor& visitor) const {
    const int64_t window_ms = options_.window.count(), now_ms = machine_.now_ms();
    int64_t sum = 0;
    for (size_t i = visitor.allowed.size(); i-- > 0;) {
      sum += visitor.allowed[i].cost;
      const int64_t length_ms = now_ms - visitor.allowed[i].at_ms;
      switch (options_.algorithm) {
        case RateAlgorithm::fixed_window:
          check(length_ms >= window_ms || sum <= 2 * options_.limit,
                "more than twice the limit within a window's time");
          break;
        case RateAlgorithm::sliding_window:
          check(length_ms >= window_ms || sum <= options_.limit, "more than the limit within a window");
          break;
        case RateAlgorithm::token_bucket: {
          const double tokens = static_cast<double>(options_.burst) +
                                static_cast<double>(length_ms * options_.limit) / static_cast<double>(window_ms);
          check(static_cast<double>(sum) <= tokens + 0.01, "more than the burst and what was filled up since");
          break;
        }
      }
    }
  }

  Machine& machine_;
  RateLimiterOptions options_;
  std::vector<std::unique_ptr<Process>> processes_;
  Visitor visitors_[2];
};

}  // namespace

std::unique_ptr<World> make_rate_limiter_world(Machine& machine) { return std::make_unique<RateLimiterWorld>(machine); }

}  // namespace redstart::simulation
