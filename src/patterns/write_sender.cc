#include "patterns/write_sender.h"

#include <algorithm>
#include <cmath>
#include <iterator>
#include <map>
#include <utility>

#include "base/random.h"
#include "redstart/command_facts.h"

namespace redstart {
namespace {

// For a client, the loss of a connection and a deadline are known to have done nothing, or not; for a retry it is all
// the same as long as nothing was executed.
bool is_transport(ErrorCode code) {
  return code == ErrorCode::connection_lost || code == ErrorCode::connection_refused || code == ErrorCode::timed_out ||
         code == ErrorCode::queue_full;
}

// Whether it has not left this process.
bool is_never_sent(const result<Reply>& outcome) {
  return !outcome && is_transport(outcome.error().code) && outcome.error().outcome == Outcome::not_done;
}

std::vector<std::string_view> views_of(const WriteOp& op) { return {op.begin(), op.end()}; }

}  // namespace

// --- StopSignal

void StopSignal::stop_at(WaitClock::TimePoint deadline) {
  change([&] { deadline_ = std::min(deadline_, deadline); });
}

WaitClock::TimePoint StopSignal::deadline() const {
  const std::lock_guard lock(mutex_);
  return deadline_;
}

bool StopSignal::sleep(std::chrono::milliseconds duration) {
  const auto until = clock_.now() + duration;
  std::unique_lock lock(mutex_);
  while (clock_.now() < until) {
    if (clock_.now() >= deadline_) return false;
    clock_.wait_until(lock, changed_, std::min(until, deadline_));
  }
  return true;
}

double random_fraction() {
  thread_local Random random(system_seed());
  return static_cast<double>(random.next() >> 11) * 0x1p-53;
}

// --- DurationHistogram

void DurationHistogram::add(double ms) {
  if (counts_.empty()) counts_.resize(kBuckets);
  const double bucket = std::log(std::max(ms * 1000, 1.0)) / std::log(1.05);
  ++counts_[static_cast<size_t>(std::min<double>(bucket, kBuckets - 1))];
  ++total_;
}

double DurationHistogram::quantile_ms(double quantile) const {
  if (total_ == 0) return 0;
  auto left = static_cast<uint64_t>(std::ceil(quantile * static_cast<double>(total_)));
  size_t bucket = 0;
  for (; bucket + 1 < counts_.size() && counts_[bucket] < left; ++bucket) left -= counts_[bucket];
  return std::pow(1.05, static_cast<double>(bucket) + 0.5) / 1000;
}

// --- WriteSender

struct WriteSender::Work {
  enum class State : unsigned char { waiting, settled, to_retry };

  std::span<const WriteOp> ops;
  SendReport report;
  std::vector<State> states;
  std::vector<bool> may_be_done;  // by an attempt whose reply was lost
  std::vector<size_t> sent;       // the ops of this attempt
};

WriteSender::WriteSender(Client client, RetryOptions retry, std::chrono::milliseconds timeout, WaitClock& clock,
                         std::shared_ptr<StopSignal> signal, OnRetry on_retry)
    : client_(std::move(client)),
      retry_(retry),
      timeout_(timeout),
      clock_(clock),
      signal_(std::move(signal)),
      on_retry_(std::move(on_retry)) {}

SendReport WriteSender::send(std::span<const WriteOp> ops, BatchSizing* sizing) {
  Work work{.ops = ops, .report = {}, .states = std::vector(ops.size(), Work::State::waiting),
            .may_be_done = std::vector<bool>(ops.size()), .sent = {}};
  work.report.ops.resize(ops.size());
  work.sent.resize(ops.size());
  for (size_t i = 0; i < ops.size(); ++i) work.sent[i] = i;
  const auto started = clock_.now();
  int attempts_made = 0;  // that have reached the store, or may have
  for (int attempt_number = 1; !work.sent.empty(); ++attempt_number) {
    if (signal_->is_over()) {
      give_up(work, {ErrorCode::timed_out, Outcome::not_done, "not sent before the writer's deadline"});
      break;
    }
    const auto began = clock_.now();
    auto outcome = attempt(work);
    if (!outcome) {
      for (const size_t index : work.sent) work.may_be_done[index] = true;
      give_up(work, {ErrorCode::timed_out, Outcome::unknown, "no reply before the writer's deadline"});
      break;
    }
    const std::chrono::nanoseconds elapsed = clock_.now() - began;
    work.report.batch_times_ms.push_back(std::chrono::duration<double, std::milli>(elapsed).count());
    if (sizing) sizing->note(work.sent.size(), elapsed);
    if (!std::ranges::all_of(*outcome, is_never_sent)) ++attempts_made;
    judge(work, std::move(*outcome));
    if (work.sent.empty()) break;
    const auto pause = delay_after(retry_, attempt_number, random_fraction());
    const bool too_late = clock_.now() + pause - started > retry_.give_up_after;
    if (attempts_made >= retry_.attempts_max || too_late || !signal_->sleep(pause)) {
      for (const size_t index : work.sent) work.states[index] = Work::State::settled;
      break;
    }
  }
  for (size_t i = 0; i < ops.size(); ++i) {
    auto& settled = work.report.ops[i];
    if (!settled.outcome && work.may_be_done[i]) settled.outcome.error().outcome = Outcome::unknown;
    if (!settled.outcome && settled.attempts > 1) {
      settled.outcome.error().message += " (attempt " + std::to_string(settled.attempts) + ")";
    }
  }
  return std::move(work.report);
}

// One pipeline of work.sent. Nothing: the deadline came before the replies.
std::optional<BatchResult> WriteSender::attempt(Work& work) {
  count_attempts(work);
  const auto replies = std::make_shared<std::optional<BatchResult>>();
  const auto command = [&, words = std::vector<std::string_view>()](size_t i) mutable -> WordSpan {
    const WriteOp& op = work.ops[work.sent[i]];
    words.assign(op.begin(), op.end());
    return words;
  };
  const bool repeats = std::ranges::any_of(work.sent, [&](size_t index) { return work.may_be_done[index]; });
  client_.submit_from({.count = work.sent.size(), .command = command,
                       .options = {.timeout = timeout_, .repeats = repeats}},
                      [replies, signal = signal_](BatchResult outcome) {
                        signal->change([&] { *replies = std::move(outcome); });
                      });
  if (!signal_->wait([&] { return replies->has_value(); })) return std::nullopt;
  return std::move(**replies);
}

void WriteSender::count_attempts(Work& work) const {
  uint64_t retried = 0, repeated = 0;
  for (const size_t index : work.sent) {
    if (++work.report.ops[index].attempts > 1) ++retried;
    if (work.may_be_done[index]) ++repeated;
  }
  if (retried > 0) on_retry_(retried, repeated);
}

bool WriteSender::may_retry(const Error& error, const WriteOp& op) const {
  if (retry_.attempts_max <= 1) return false;
  // What was executed and is not known to be on disk has the code of a refusal, too.
  if (!is_passing_refusal(error) && !is_transport(error.code)) return false;
  if (error.outcome == Outcome::not_done || retry_.at_least_once) return true;
  const auto facts = facts_of(views_of(op));
  return facts && facts->is_idempotent;
}

// Settles what is settled; work.sent keeps what is to be tried again.
void WriteSender::judge(Work& work, BatchResult outcome) {
  bool any_retry = false;
  for (size_t i = 0; i < work.sent.size(); ++i) {
    const size_t index = work.sent[i];
    result<Reply>& reply = outcome[i];
    if (reply && reply->is_error()) reply = checked(std::move(*reply));
    auto& settled = work.report.ops[index].outcome;
    work.states[index] = Work::State::settled;
    const bool is_refused_for_another =
        !reply && reply.error().code == ErrorCode::not_repeated && !work.may_be_done[index];
    if (is_refused_for_another || (!reply && may_retry(reply.error(), work.ops[index]))) {
      work.states[index] = Work::State::to_retry;
      any_retry = true;
    }
    // What was done before and is only repeated stays done, whatever the repetition says.
    const bool was_done = settled.has_value() && work.report.ops[index].attempts > 1;
    if (was_done && !reply) continue;
    settled = std::move(reply);
    if (settled) {
      work.may_be_done[index] = false;
    } else if (settled.error().outcome == Outcome::unknown) {
      work.may_be_done[index] = true;
    }
  }
  if (any_retry) keep_order(work);
  std::erase_if(work.sent, [&](size_t index) { return work.states[index] != Work::State::to_retry; });
}

// Looks at this attempt from its end: what is executed behind an op that is to be retried, with a key in common, has
// overtaken it. If it can be done once more, it will be, after the op; else the op is not tried again.
void WriteSender::keep_order(Work& work) const {
  struct Behind {
    bool is_fixed = false;            // something was executed that must not be repeated
    std::vector<size_t> repeatable;  // executed, idempotent, of this key alone
  };
  std::map<std::string_view, Behind> by_key;
  for (auto place = work.sent.rbegin(); place != work.sent.rend(); ++place) {
    const size_t index = *place;
    const auto words = views_of(work.ops[index]);
    auto facts = facts_of(words);
    if (!facts) continue;  // the store refuses it as well
    auto& settled = work.report.ops[index].outcome;
    if (work.states[index] == Work::State::to_retry) {
      const bool is_overtaken = std::ranges::any_of(facts->keys, [&](auto key) { return by_key[key].is_fixed; });
      if (is_overtaken) {
        work.states[index] = Work::State::settled;
        if (!settled) settled.error().message += " (not tried again: a later write to the same key was executed)";
        ++work.report.overtaken;
        // It may have been executed here: nothing before it may come after it.
        if (!settled && !work.may_be_done[index]) continue;
        for (const auto key : facts->keys) by_key[key].is_fixed = true;
        continue;
      }
      for (const auto key : facts->keys) {
        for (const size_t later : by_key[key].repeatable) {
          work.states[later] = Work::State::to_retry;
          work.may_be_done[later] = true;
        }
      }
      continue;
    }
    const bool may_have_run = settled.has_value() || work.may_be_done[index];
    if (!may_have_run) continue;
    const bool is_repeatable = settled.has_value() && facts->is_idempotent && facts->keys.size() == 1;
    for (const auto key : facts->keys) {
      if (is_repeatable) {
        by_key[key].repeatable.push_back(index);
      } else {
        by_key[key].is_fixed = true;
      }
    }
  }
}

void WriteSender::give_up(Work& work, const Error& error) const {
  for (const size_t index : work.sent) {
    auto& settled = work.report.ops[index];
    work.states[index] = Work::State::settled;
    const bool was_done = settled.attempts > 1 && settled.outcome.has_value();
    // An op that was tried before has a better reason.
    const bool has_reason = !settled.outcome && error.outcome == Outcome::not_done;
    if (was_done || has_reason) continue;
    settled.outcome = std::unexpected(error);
  }
}

void account(WriteStats& totals, DurationHistogram& times, const SendReport& report,
             std::span<const size_t> weights) {
  for (size_t i = 0; i < report.ops.size(); ++i) {
    const SettledOp& settled = report.ops[i];
    const uint64_t weight = weights.empty() ? 1 : weights[i];
    if (settled.outcome) {
      totals.acknowledged += weight;
    } else if (settled.outcome.error().outcome == Outcome::unknown) {
      totals.unknown += weight;
    } else {
      totals.failed += weight;
    }
    totals.in_flight -= weight;
  }
  if (!weights.empty() && !report.batch_times_ms.empty()) totals.total_batches += report.ops.size() - 1;
  totals.overtaken += report.overtaken;
  for (const double ms : report.batch_times_ms) {
    ++totals.total_batches;
    totals.total_time_ms += ms;
    times.add(ms);
  }
}

}  // namespace redstart
