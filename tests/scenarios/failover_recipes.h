// Workloads with caches, locks, sessions and rate limits.
#pragma once

#include <algorithm>
#include <array>
#include <chrono>
#include <iterator>
#include <map>

#include "redstart/recipes/distributed_lock.h"
#include "redstart/recipes/rate_limiter.h"
#include "redstart/recipes/session_store.h"
#include "tests/scenarios/failover_workload.h"

namespace redstart::scenarios {

using namespace std::chrono_literals;

// One process changes rows and invalidates what is cached of them, another reads through a level of its own.
class Caching final : public Workload {
 public:
  explicit Caching(const WorkloadOptions& options)
      : options_(options),
        cache_(options.client(), {.prefix = prefix()}),
        reader_(options.client(), {.prefix = prefix(), .local = {.entries_max = 100, .heartbeat = 100ms}}) {}
  std::string name() const override { return "Cache"; }
  void act() override {
    const size_t row = static_cast<size_t>(++acts_) % kRows;
    ++versions_[row];
    const auto invalidated = acts_ % 2 == 0 ? cache_.invalidate_tag(tag_of(row))
                                            : as_void(cache_.invalidate(key_of(row)));
    if (invalidated) {
      ++progress_;
      newest_[row] = versions_[row];
      if (options_.loses_nothing) floors_[row] = versions_[row];
    }
    EXPECT_GE(read(cache_, row), floors_[row]) << "older than an invalidation of row " << row;
    const auto other = static_cast<size_t>(acts_ / 3) % kRows;
    EXPECT_LE(read(reader_, other), versions_[other]);
  }
  void confirm() override { floors_ = newest_; }
  void check() override {
    for (size_t row = 0; row < kRows; ++row) {
      ++versions_[row];
      EXPECT_TRUE(becomes_true([&] { return cache_.invalidate(key_of(row)).has_value(); }));
      EXPECT_EQ(read(cache_, row), versions_[row]);
      EXPECT_TRUE(becomes_true([&] { return read(reader_, row) == versions_[row]; })) << "row " << row;
    }
    const CacheStats stats = cache_.stats();
    EXPECT_EQ(stats.total_requests(), reads_ - reads_of_reader_);
    EXPECT_EQ(stats.load_failures, 0u);
    // It is in use again.
    EXPECT_TRUE(reader_.wait_for_local_level(30s));
    const uint64_t before = reader_.stats().local_hits;
    EXPECT_TRUE(becomes_true([&] { return read(reader_, 0) >= 0 && reader_.stats().local_hits > before; }));
  }

 private:
  static constexpr size_t kRows = 4;
  static std::string prefix() { return kFailoverTag + "cache"; }
  std::string key_of(size_t row) { return cache_.key("row", row); }
  static std::string tag_of(size_t row) { return "row" + std::to_string(row); }
  static result<void> as_void(const result<bool>& outcome) {
    return outcome ? result<void>() : std::unexpected(outcome.error());
  }
  // Callers are served whatever the store does.
  int64_t read(Cache& cache, size_t row) {
    ++reads_;
    reads_of_reader_ += &cache == &reader_;
    const auto load = [version = versions_[row]] { return version; };
    const auto value = cache.get_or_load<int64_t>(key_of(row), load, {.tags = {tag_of(row)}});
    EXPECT_TRUE(value.has_value()) << value.error().message;
    return value ? value->value_or(-1) : -1;
  }

  const WorkloadOptions options_;
  int64_t acts_ = 0;
  uint64_t reads_ = 0, reads_of_reader_ = 0;
  std::array<int64_t, kRows> versions_{}, newest_{}, floors_{};
  Cache cache_, reader_;
};

class Locking final : public Workload {
 public:
  explicit Locking(const WorkloadOptions& options)
      : options_(options),
        lock_(options.client(), lock_name(), {.ttl = 2000ms, .retry_interval = 10ms}),
        other_(options.client(), lock_name(), {.ttl = 2000ms}) {}
  std::string name() const override { return "DistributedLock"; }
  void act() override {
    const auto began = std::chrono::steady_clock::now();
    auto held = lock_.acquire(5s);
    if (!held || !*held) return;
    ++progress_;
    EXPECT_GT((*held)->fence(), last_fence_);
    last_fence_ = (*held)->fence();
    if (!options_.loses_nothing) return;
    const auto another = other_.try_acquire();
    const bool was_ours = std::chrono::steady_clock::now() - began < 2000ms;
    if (another && *another && was_ours) ADD_FAILURE() << "two hold the lock " << last_fence_;
    if (another && *another) last_fence_ = std::max(last_fence_, (*another)->fence());
  }
  void confirm() override {}
  void check() override {
    const auto held = lock_.acquire(30s);
    ASSERT_TRUE(held && *held) << "the lock cannot be had";
    EXPECT_GT((*held)->fence(), last_fence_);
  }

 private:
  static std::string lock_name() { return kFailoverTag.substr(1, kFailoverTag.size() - 2); }
  const WorkloadOptions options_;
  uint64_t last_fence_ = 0;
  DistributedLock lock_, other_;
};

class KeepingSessions final : public Workload {
 public:
  explicit KeepingSessions(const WorkloadOptions& options)
      : options_(options), sessions_(options.client(), {.name = kFailoverTag + "session", .ttl = 10min}) {}
  std::string name() const override { return "SessionStore"; }
  void act() override {
    ++acts_;
    if (known_.size() < 10 || acts_ % 20 == 0) return create();
    auto one = known_.begin();
    std::advance(one, acts_ % static_cast<int64_t>(known_.size()));
    if (acts_ % 37 == 0) return remove(one->first, one->second);
    increment(one->first, one->second);
  }
  void confirm() override {
    for (auto& [id, session] : known_) session.certain = session;
  }
  void check() override {
    if (options_.loses_nothing) confirm();
    for (auto& [id, session] : known_) check_one(id, session);
  }

 private:
  struct Promised {
    bool exists = false, is_removed = false;
    int64_t views = 0;
  };
  struct Session : Promised {
    Promised certain;
    bool may_be_removed = false;
    int64_t views_max = 0;
  };
  void create() {
    const auto id = sessions_.create({{"views", "0"}});
    if (!id) return;
    ++progress_;
    known_[*id].exists = true;
  }
  void remove(const std::string& id, Session& session) {
    session.may_be_removed = true;
    if (!sessions_.remove(id)) return;
    ++progress_;
    session.is_removed = true;
  }
  void increment(const std::string& id, Session& session) {
    ++session.views_max;
    const auto views = sessions_.increment(id, "views");
    if (!views) return;
    ++progress_;
    const Promised& certain = options_.loses_nothing ? session : session.certain;
    if (!*views) {
      EXPECT_TRUE(session.may_be_removed || !certain.exists) << id << " has gone";
      return;
    }
    EXPECT_FALSE(certain.is_removed) << id << " is back";
    EXPECT_GT(**views, certain.views);
    EXPECT_LE(**views, session.views_max);
    ++session.views;
  }
  void check_one(const std::string& id, const Session& session) {
    const auto found = value_of(sessions_.get(id));
    if (session.certain.is_removed) {
      EXPECT_FALSE(found.has_value()) << id << " is back";
    } else if (session.certain.exists && !session.may_be_removed) {
      ASSERT_TRUE(found.has_value()) << id << " is lost";
      EXPECT_GE(std::stoll(found->at("views")), session.certain.views);
      EXPECT_LE(std::stoll(found->at("views")), session.views_max);
    }
    const auto left = value_of(sessions_.remaining(id));
    EXPECT_EQ(left.has_value(), found.has_value());
    if (left) {
      EXPECT_GT(*left, 0ms) << id << " is immortal";
      EXPECT_LE(*left, 10min);
    }
  }

  const WorkloadOptions options_;
  int64_t acts_ = 0;
  std::map<std::string, Session> known_;
  SessionStore sessions_;
};

class Limiting final : public Workload {
 public:
  explicit Limiting(const WorkloadOptions& options)
      : options_(options),
        limiter_(options.client(), {.name = kFailoverTag + "rate",
                                    .algorithm = RateAlgorithm::fixed_window,
                                    .limit = kLimit,
                                    .window = 10min}) {}
  std::string name() const override { return "RateLimiter"; }
  void act() override {
    const auto decision = limiter_.allow("one");
    if (!decision) {
      unknown_ += decision.error().outcome == Outcome::unknown;
      return;
    }
    ++progress_;
    allowed_ += decision->allowed;
    if (!decision->allowed) {
      EXPECT_GT(decision->retry_after, 0ms);
    }
  }
  void confirm() override { confirmed_ = allowed_.load(); }
  void on_takeover() override { forgettable_ += allowed_ - confirmed_; }
  void check() override {
    EXPECT_LE(allowed_, kLimit + (options_.loses_nothing ? 0 : forgettable_.load()));
    // All of them could be had.
    for (int64_t i = 0; i < 2 * kLimit; ++i) {
      const auto decision = limiter_.allow("one");
      if (decision) allowed_ += decision->allowed;
      if (!decision) unknown_ += decision.error().outcome == Outcome::unknown;
    }
    EXPECT_GE(allowed_ + unknown_, kLimit);
    EXPECT_LE(allowed_, kLimit + (options_.loses_nothing ? 0 : forgettable_.load()));
  }

 private:
  static constexpr int64_t kLimit = 150;
  const WorkloadOptions options_;
  std::atomic<int64_t> allowed_{0}, confirmed_{0}, unknown_{0}, forgettable_{0};
  RateLimiter limiter_;
};

inline void add_caches_and_recipes(Workloads& workloads, const WorkloadOptions& options) {
  workloads.push_back(std::make_unique<Caching>(options));
  workloads.push_back(std::make_unique<Locking>(options));
  workloads.push_back(std::make_unique<KeepingSessions>(options));
  workloads.push_back(std::make_unique<Limiting>(options));
}

}  // namespace redstart::scenarios
