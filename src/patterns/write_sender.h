// WriteSender: brings ops to the store and does not come back before each is settled: done, refused, given up or
// unknown.
//
// Ops leave in one pipeline, in order. Those that may be tried again (see RetryOptions) are, after a pause, in order
// and without the others. The order of the writes to one key is kept: an op is not tried again when a later op of the
// same key has been executed meanwhile, unless those later ones can all be repeated after it.
//
// Threads: a WriteSender belongs to one thread; its StopSignal may be used by all.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "redstart/client.h"
#include "redstart/patterns/wait_clock.h"
#include "redstart/patterns/write_policy.h"

namespace redstart {

// Until when a sender may work, and what it waits on. Completions that come late find it alive.
class StopSignal {
 public:
  explicit StopSignal(WaitClock& clock) : clock_(clock) {}

  // From now on nothing is begun after `deadline`, and waiting ends there.
  void stop_at(WaitClock::TimePoint deadline);
  WaitClock::TimePoint deadline() const;
  bool is_over() const { return clock_.now() >= deadline(); }
  // Waits until `condition`, which is asked under the signal's lock, holds; false: the deadline came first.
  template <class Condition>
  bool wait(Condition condition) {
    std::unique_lock lock(mutex_);
    while (!condition()) {
      if (clock_.now() >= deadline_) return false;
      clock_.wait_until(lock, changed_, deadline_);
    }
    return true;
  }
  // False: the deadline came first.
  bool sleep(std::chrono::milliseconds duration);
  template <class Change>
  void change(Change change) {
    {
      const std::lock_guard lock(mutex_);
      change();
    }
    changed_.notify_all();
  }

 private:
  WaitClock& clock_;
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  WaitClock::TimePoint deadline_ = WaitClock::TimePoint::max();
};

// From [0, 1), for pauses that should not be alike.
double random_fraction();

// Durations in buckets that grow by 5 %.
class DurationHistogram {
 public:
  void add(double ms);
  double quantile_ms(double quantile) const;  // 0 without any

 private:
  static constexpr int kBuckets = 420;  // from a microsecond to 13 minutes
  std::vector<uint64_t> counts_;
  uint64_t total_ = 0;
};

struct SettledOp {
  result<Reply> outcome = Reply();
  int attempts = 0;
};

struct SendReport {
  std::vector<SettledOp> ops;  // in the order of the ops
  uint64_t overtaken = 0;
  std::vector<double> batch_times_ms;  // of each pipeline
};

class WriteSender {
 public:
  // Hears of ops that are sent again, before they are.
  using OnRetry = std::function<void(uint64_t retried, uint64_t repeated)>;

  WriteSender(Client client, RetryOptions retry, std::chrono::milliseconds timeout, WaitClock& clock,
              std::shared_ptr<StopSignal> signal, OnRetry on_retry);

  SendReport send(std::span<const WriteOp> ops, BatchSizing* sizing = nullptr);

 private:
  struct Work;
  std::optional<BatchResult> attempt(Work& work);
  void count_attempts(Work& work) const;
  bool may_retry(const Error& error, const WriteOp& op) const;
  void judge(Work& work, BatchResult outcome);
  void keep_order(Work& work) const;
  void give_up(Work& work, const Error& error) const;

  Client client_;
  const RetryOptions retry_;
  const std::chrono::milliseconds timeout_;
  WaitClock& clock_;
  const std::shared_ptr<StopSignal> signal_;
  const OnRetry on_retry_;
};

// Adds what `report` says, and takes it out of in_flight. With `weights` each op is a batch of so many writes; without,
// all ops together are a batch.
void account(WriteStats& totals, DurationHistogram& times, const SendReport& report,
             std::span<const size_t> weights = {});

}  // namespace redstart
