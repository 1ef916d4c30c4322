#include "client/transaction_sessions.h"

#include <algorithm>
#include <atomic>
#include <string>
#include <utility>

#include "base/text.h"
#include "client/session_commands.h"
#include "client/waiting_threads.h"

namespace redstart {
namespace {

// Whether other sessions may have met the same.
bool is_loss(const Error& error) {
  return error.code == ErrorCode::connection_lost || error.code == ErrorCode::connection_refused ||
         error.code == ErrorCode::timed_out || error.code == ErrorCode::cluster_down ||
         error.code == ErrorCode::read_only;
}

// After EXEC nothing is watched, whatever has come of it.
bool has_run(const result<Reply>& first) {
  return first.has_value() || first.error().code == ErrorCode::transaction_aborted;
}

bool is_named(WordSpan words, std::string_view name) {
  return !words.empty() && equal_ignoring_case(words[0], name);
}

}  // namespace

// A session while a transaction has it.
class TransactionSessions::Lent final : public Backend {
 public:
  Lent(std::shared_ptr<TransactionSessions> owner, Session session, uint64_t epoch)
      : owner_(std::move(owner)), session_(std::move(session)), epoch_(epoch) {}
  ~Lent() override {
    if (state_->is_lost) owner_->discard_idle();
    const bool is_clean = !state_->is_changed && !state_->is_watching && state_->under_way == 0;
    if (!is_clean) session_.reset();
    owner_->give_back(std::move(session_), epoch_);
  }

  result<Reply> call(WordSpan words, const CallOptions& options) override {
    state_->note(words);
    auto reply = session_->call(words, options);
    state_->judge(reply);
    if (reply && !reply->is_error() && is_named(words, "unwatch")) state_->is_watching = false;
    return reply;
  }

  void submit(Batch batch, BatchDone done) override {
    for (const auto& command : batch.commands) {
      state_->note(std::vector<std::string_view>(command.begin(), command.end()));
    }
    ++state_->under_way;
    const auto told = [state = state_, is_atomic = batch.atomic, done = std::move(done)](BatchResult outcome) {
      if (is_atomic && !outcome.empty() && has_run(outcome.front())) {
        state->is_watching = false;
      } else {
        for (const auto& one : outcome) state->judge(one);
      }
      --state->under_way;
      done(std::move(outcome));
    };
    session_->submit(std::move(batch), told);
  }

  result<std::unique_ptr<Backend>> dedicated() override { return session_->dedicated(); }
  void set_push_handler(PushHandler handler) override {
    state_->is_changed = true;
    session_->set_push_handler(std::move(handler));
  }
  void close() override {
    state_->is_changed = true;
    session_->close();
  }

 private:
  // What has come of the session. Batches that are under way share it.
  struct State {
    std::atomic<bool> is_changed{false};
    std::atomic<bool> is_watching{false};
    std::atomic<bool> is_lost{false};
    std::atomic<int> under_way{0};

    void note(WordSpan words) {
      if (is_named(words, "watch")) {
        is_watching = true;
      } else if (!is_named(words, "unwatch") && changes_session(words)) {
        is_changed = true;
      }
    }
    void judge(const result<Reply>& reply) {
      if (!reply) is_changed = true;
      if (!reply && is_loss(reply.error())) is_lost = true;
    }
  };

  const std::shared_ptr<TransactionSessions> owner_;
  Session session_;
  const uint64_t epoch_;
  const std::shared_ptr<State> state_ = std::make_shared<State>();
};

TransactionSessions::TransactionSessions(const OpenOptions& options, Open open, Epoch epoch)
    : sessions_max_(std::max<size_t>(1, options.transaction_sessions_max)),
      call_timeout_(options.call_timeout),
      connect_timeout_(options.connect_timeout),
      check_after_(options.health_check_interval),
      open_(std::move(open)),
      epoch_(std::move(epoch)) {}

result<std::optional<TransactionSessions::Idle>> TransactionSessions::wait_for_one(std::unique_lock<std::mutex>& lock,
                                                                                   const CallOptions& options) {
  const auto timeout = options.timeout.count() > 0 ? options.timeout : call_timeout_;
  const auto is_over = [&] { return is_closed_ || !idle_.empty() || lent_count_ < sessions_max_; };
  if (timeout.count() <= 0) {
    given_back_.wait(lock, is_over);
  } else if (!given_back_.wait_for(lock, timeout, is_over)) {
    return std::unexpected(Error{ErrorCode::queue_full, Outcome::not_done,
                                 std::to_string(sessions_max_) + " transactions run already, and none ended within " +
                                     std::to_string(timeout.count()) + " ms (transaction_sessions_max)"});
  }
  if (is_closed_) return std::unexpected(closed_error());
  ++lent_count_;
  if (idle_.empty()) return std::nullopt;
  Idle one = std::move(idle_.back());
  idle_.pop_back();
  return one;
}

bool TransactionSessions::is_good(const Idle& idle) const {
  if (idle.epoch != epoch_()) return false;
  if (check_after_.count() <= 0 || Clock::now() - idle.since <= check_after_) return true;
  const std::string_view ping[] = {"PING"};
  const auto reply = idle.session->call(ping, {.timeout = connect_timeout_});
  return reply && !reply->is_error();
}

result<Backend::TransactionSession> TransactionSessions::take(const CallOptions& options) {
  std::unique_lock lock(mutex_);
  auto kept = wait_for_one(lock, options);
  if (!kept) return std::unexpected(std::move(kept.error()));
  lock.unlock();
  Session session = *kept ? (*kept)->session : nullptr;
  const bool is_kept = session && is_good(**kept);
  if (session && !is_kept) discard_idle();
  const uint64_t epoch = is_kept ? (*kept)->epoch : epoch_();
  if (!is_kept) {
    auto opened = open_();
    if (!opened) {
      give_back(nullptr, epoch);
      return std::unexpected(std::move(opened.error()));
    }
    session = std::move(*opened);
  }
  lock.lock();
  lent_.push_back(session);
  const bool is_late = is_closed_;
  lock.unlock();
  if (is_late) session->close();
  return Backend::TransactionSession{std::make_unique<Lent>(shared_from_this(), std::move(session), epoch),
                                     is_kept};
}

void TransactionSessions::give_back(Session session, uint64_t epoch) {
  const std::lock_guard lock(mutex_);
  std::erase_if(lent_, [&](const auto& one) { return one.expired() || one.lock() == session; });
  --lent_count_;
  if (session && !is_closed_) idle_.push_back({std::move(session), epoch, Clock::now()});
  given_back_.notify_one();
}

void TransactionSessions::discard_idle() {
  std::vector<Idle> discarded;  // which end after the lock
  const std::lock_guard lock(mutex_);
  discarded.swap(idle_);
}

void TransactionSessions::close() {
  std::vector<Idle> discarded;
  std::vector<Session> lent;
  {
    const std::lock_guard lock(mutex_);
    is_closed_ = true;
    discarded.swap(idle_);
    for (const auto& one : lent_) {
      if (auto session = one.lock()) lent.push_back(std::move(session));
    }
    given_back_.notify_all();
  }
  for (const auto& session : lent) session->close();
}

}  // namespace redstart
