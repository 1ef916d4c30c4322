#include "client/embedded.h"

#include <algorithm>
#include <condition_variable>
#include <functional>
#include <mutex>
#include <optional>
#include <utility>

#include "client/session_commands.h"
#include "execution/executor.h"
#include "execution/persistence.h"
#include "execution/scripting/scripting.h"
#include "execution/session.h"
#include "store/store.h"

namespace redstart {
namespace {

std::vector<std::string_view> views_of(const std::vector<std::string>& words) {
  return {words.begin(), words.end()};
}

std::shared_ptr<TransactionSessions> sessions_of(const std::shared_ptr<Store>& store, const OpenOptions& options) {
  const auto open = [store, options]() -> result<std::unique_ptr<Backend>> {
    return std::make_unique<EmbeddedBackend>(store, options, true);
  };
  return std::make_shared<TransactionSessions>(options, open, [] { return uint64_t{0}; });
}

bool blocks(const std::vector<std::string>& words) { return kind_of(views_of(words)) == CommandKind::blocking; }

// Why a command of a batch does not get to the executor.
std::optional<Error> refusal(WordSpan words, CommandKind kind, bool is_dedicated) {
  if (words.empty()) return Error{ErrorCode::invalid_argument, Outcome::not_done, "empty command"};
  if (!is_dedicated && kind == CommandKind::session) return shared_session_error(words[0]);
  return std::nullopt;
}

}  // namespace

class EmbeddedSession final : public Session {
 public:
  EmbeddedSession(Executor& executor, const OpenOptions& options,
                  std::function<void(std::shared_ptr<const Reply>)> push)
      : executor_(executor), push_(std::move(push)) {
    protocol = 3;
    shown_protocol = 3;
    db = options.db;
    name = options.client_name;
    executor_.attach(*this);
  }
  ~EmbeddedSession() override { executor_.detach(*this); }

  void on_unblocked(Reply reply) override {
    const std::lock_guard lock(unblocked_mutex_);
    unblocked_ = std::move(reply);
    unblocked_ready_.notify_one();
  }
  void on_push(std::shared_ptr<const Reply> message) override { push_(std::move(message)); }
  void on_kill() override { killed = true; }
  void on_resume() override {
    const std::lock_guard lock(unblocked_mutex_);
    unblocked_ready_.notify_one();
  }

  // A script that nobody waits for any more would run for ever. Killed outside of the lock: long scripts that end
  // resume the sessions under theirs.
  void on_long_script() override {
    if (are_waits_ended()) executor_.scripting().long_scripts().kill_of(*this);
  }

  // Waits for a blocked command's reply. Nothing when `deadline` passes or waits are ended first.
  std::optional<Reply> wait(std::optional<std::chrono::steady_clock::time_point> deadline) {
    std::unique_lock lock(unblocked_mutex_);
    const auto is_over = [&] { return unblocked_.has_value() || waits_ended_; };
    if (!deadline) {
      unblocked_ready_.wait(lock, is_over);
    } else {
      unblocked_ready_.wait_until(lock, *deadline, is_over);
    }
    return std::exchange(unblocked_, std::nullopt);
  }
  // The reply that has come or is about to.
  Reply wait_for_reply() {
    std::unique_lock lock(unblocked_mutex_);
    unblocked_ready_.wait(lock, [&] { return unblocked_.has_value(); });
    return *std::exchange(unblocked_, std::nullopt);
  }
  // No command of this session waits any more, now or later.
  void end_waits() {
    const std::lock_guard lock(unblocked_mutex_);
    waits_ended_ = true;
    unblocked_ready_.notify_one();
  }
  bool are_waits_ended() {
    const std::lock_guard lock(unblocked_mutex_);
    return waits_ended_;
  }
  // Waits a little for CLIENT PAUSE to end.
  void wait_while_paused() {
    std::unique_lock lock(unblocked_mutex_);
    unblocked_ready_.wait_for(lock, std::chrono::milliseconds(10));
  }

  ReplyBuilder builder{3};

 private:
  Executor& executor_;
  const std::function<void(std::shared_ptr<const Reply>)> push_;
  std::mutex unblocked_mutex_;
  std::condition_variable unblocked_ready_;
  std::optional<Reply> unblocked_;
  bool waits_ended_ = false;
};

// The sessions of one backend: lent to a thread until it ends.
class EmbeddedBackend::SessionPool {
 public:
  SessionPool(std::shared_ptr<Store> store, const OpenOptions& options,
              const std::shared_ptr<PushDispatcher>& pushes)
      : store_(std::move(store)), options_(options), pushes_(pushes) {}

  EmbeddedSession* take() {
    const std::lock_guard lock(mutex_);
    if (!free_.empty()) {
      EmbeddedSession* session = free_.back();
      free_.pop_back();
      return session;
    }
    // A publisher may still hold a message for the session while the last client goes.
    auto push = [pushes = std::weak_ptr(pushes_)](std::shared_ptr<const Reply> message) {
      if (const auto dispatcher = pushes.lock()) dispatcher->push(std::move(message));
    };
    sessions_.push_back(
        std::make_unique<EmbeddedSession>(store_->executor(), options_, std::move(push)));
    if (waits_ended_) sessions_.back()->end_waits();
    return sessions_.back().get();
  }

  void give_back(EmbeddedSession* session) {
    const std::lock_guard lock(mutex_);
    free_.push_back(session);
  }

  void end_waits() {
    const std::lock_guard lock(mutex_);
    waits_ended_ = true;
    for (const auto& session : sessions_) session->end_waits();
  }

 private:
  const std::shared_ptr<Store> store_;  // outlives the sessions
  const OpenOptions options_;
  const std::shared_ptr<PushDispatcher> pushes_;
  std::mutex mutex_;  // guards what follows
  std::vector<std::unique_ptr<EmbeddedSession>> sessions_;
  std::vector<EmbeddedSession*> free_;
  bool waits_ended_ = false;
};

EmbeddedBackend::EmbeddedBackend(std::shared_ptr<Store> store, OpenOptions options,
                                 bool is_dedicated)
    : store_(std::move(store)),
      options_(std::move(options)),
      is_dedicated_(is_dedicated),
      pushes_(std::make_shared<PushDispatcher>()),
      sessions_(std::make_shared<SessionPool>(store_, options_, pushes_)),
      dedicated_session_(is_dedicated ? sessions_->take() : nullptr),
      transaction_sessions_(is_dedicated ? nullptr : sessions_of(store_, options_)),
      waiting_(options_.blocking_connections_max) {}

EmbeddedBackend::~EmbeddedBackend() {
  closed_ = true;
  sessions_->end_waits();
  waiting_.stop();
}

EmbeddedSession& EmbeddedBackend::session() {
  if (is_dedicated_) return *dedicated_session_;
  // What this thread has borrowed, by pool.
  struct Loans {
    struct Loan {
      const SessionPool* key;
      std::weak_ptr<SessionPool> pool;
      EmbeddedSession* session;
    };
    std::vector<Loan> loans;
    ~Loans() {
      for (const Loan& loan : loans) {
        if (const auto pool = loan.pool.lock()) pool->give_back(loan.session);
      }
    }
  };
  thread_local Loans mine;
  for (const auto& loan : mine.loans) {
    // While a weak_ptr to a dead pool is kept, no other pool gets its address.
    if (loan.key == sessions_.get()) return *loan.session;
  }
  std::erase_if(mine.loans, [](const auto& loan) { return loan.pool.expired(); });
  mine.loans.push_back({sessions_.get(), sessions_, sessions_->take()});
  return *mine.loans.back().session;
}

std::unique_lock<std::mutex> EmbeddedBackend::lock_session() {
  return is_dedicated_ ? std::unique_lock(dedicated_mutex_) : std::unique_lock<std::mutex>();
}

std::optional<Error> EmbeddedBackend::wait_for_log(EmbeddedSession& session, uint64_t own_before,
                                                   const CallOptions& options) {
  Persistence& persistence = store_->executor().persistence();
  if (!persistence.log()) [[likely]] return std::nullopt;
  const Durability wanted =
      options.durability.value_or(options_.durability.value_or(persistence.reply_durability()));
  std::optional<std::chrono::steady_clock::time_point> deadline;
  if (options.timeout.count() > 0) deadline = std::chrono::steady_clock::now() + options.timeout;
  auto problem = persistence.wait(session, own_before, wanted, deadline);
  if (!problem) return std::nullopt;
  const bool has_failed = persistence.log()->has_failed();
  return Error{has_failed ? ErrorCode::misconfigured : ErrorCode::timed_out, Outcome::unknown, std::move(*problem)};
}

result<Reply> EmbeddedBackend::run(EmbeddedSession& session, WordSpan words, const CallOptions& options) {
  const uint64_t own_before = session.own_log_position;
  auto reply = execute(session, words, options);
  if (auto error = wait_for_log(session, own_before, options)) return std::unexpected(std::move(*error));
  return reply;
}

result<Reply> EmbeddedBackend::execute(EmbeddedSession& session, WordSpan words, const CallOptions& options) {
  Executor& executor = store_->executor();
  ReplyBuilder& builder = session.builder;
  while (true) {
    const ExecuteStatus status = executor.execute(session, words, builder);
    if (status == ExecuteStatus::paused) {
      session.wait_while_paused();
      continue;
    }
    if (status != ExecuteStatus::blocked) {
      if (builder.replies().empty()) return Reply();
      return builder.take();
    }
    std::optional<std::chrono::steady_clock::time_point> deadline;
    if (options.timeout.count() > 0) deadline = std::chrono::steady_clock::now() + options.timeout;
    const auto waiter = session.waiter.get();
    auto reply = session.wait(deadline);
    // When the wait cannot be given up any more, its reply has come or is about to.
    if (!reply && !executor.cancel_wait(waiter, Executor::Unblock::silent)) reply = session.wait_for_reply();
    session.waiter.reset();
    if (reply) return std::move(*reply);
    if (closed_) return std::unexpected(closed_error());
    return std::unexpected(Error{ErrorCode::timed_out, Outcome::not_done,
                                 "nothing came within the call's timeout"});
  }
}

result<Reply> EmbeddedBackend::call(WordSpan words, const CallOptions& options) {
  if (closed_.load(std::memory_order_relaxed)) return std::unexpected(closed_error());
  if (!is_dedicated_ && kind_of(words) == CommandKind::session) {
    return std::unexpected(shared_session_error(words[0]));
  }
  const auto lock = lock_session();
  return run(session(), words, options);
}

BatchResult EmbeddedBackend::run_atomically(EmbeddedSession& session, const Batch& batch) {
  const std::string_view multi[] = {"MULTI"}, exec[] = {"EXEC"};
  std::vector<std::vector<std::string_view>> commands;
  for (const auto& command : batch.commands) {
    const auto& words = commands.emplace_back(views_of(command));
    if (auto refused = refusal(words, kind_of(words), is_dedicated_)) {
      return BatchResult(batch.commands.size(), std::unexpected(std::move(*refused)));
    }
  }
  static_cast<void>(execute(session, multi, batch.options));
  for (const auto& words : commands) static_cast<void>(execute(session, words, batch.options));
  result<Reply> reply = run(session, exec, batch.options);
  if (reply) reply = checked(std::move(*reply));
  if (reply && reply->is_null()) {
    reply = std::unexpected(
        Error{ErrorCode::transaction_aborted, Outcome::not_done, "a watched key changed"});
  }
  if (!reply) return BatchResult(batch.commands.size(), std::unexpected(reply.error()));
  BatchResult outcome;
  for (Reply& element : reply->elements()) outcome.emplace_back(std::move(element));
  return outcome;
}

void EmbeddedBackend::submit(Batch batch, BatchDone done) {
  if (closed_) return done(BatchResult(batch.commands.size(), std::unexpected(closed_error())));
  if (is_dedicated_ || batch.atomic || std::ranges::none_of(batch.commands, blocks)) return done(run_batch(batch));
  waiting_.run(std::move(batch), std::move(done), [this](const Batch& batch) { return run_batch(batch); });
}

BatchResult EmbeddedBackend::run_batch(const Batch& batch) {
  const auto lock = lock_session();
  EmbeddedSession& mine = session();
  if (batch.atomic) return run_atomically(mine, batch);
  const uint64_t own_before = mine.own_log_position;
  BatchResult outcome;
  outcome.reserve(batch.commands.size());
  // Runs of ordinary commands go to the executor together, which prefetches their keys.
  std::vector<std::vector<std::string_view>> words;
  words.reserve(batch.commands.size());
  for (const auto& command : batch.commands) words.push_back(views_of(command));
  const std::vector<Words> commands(words.begin(), words.end());
  size_t next = 0;
  while (next < commands.size()) {
    if (auto refused = refusal(commands[next], kind_of(commands[next]), is_dedicated_)) {
      outcome.push_back(std::unexpected(std::move(*refused)));
      ++next;
      continue;
    }
    const auto is_ordinary = [](Words command) {
      return !command.empty() && kind_of(command) == CommandKind::ordinary;
    };
    size_t end = next;
    while (end < commands.size() && is_ordinary(commands[end])) ++end;
    if (end == next) {
      outcome.push_back(run(mine, commands[next++], batch.options));
      continue;
    }
    ExecuteStatus status;
    const size_t ran = store_->executor().execute_batch(
        mine, std::span(commands).subspan(next, end - next), mine.builder, status);
    for (Reply& reply : mine.builder.replies()) outcome.emplace_back(std::move(reply));
    mine.builder.replies().clear();
    next += ran;
    if (status == ExecuteStatus::paused) mine.wait_while_paused();
  }
  if (const auto error = wait_for_log(mine, own_before, batch.options)) {
    outcome.assign(outcome.size(), std::unexpected(*error));
  }
  return outcome;
}

result<std::unique_ptr<Backend>> EmbeddedBackend::dedicated() {
  if (closed_) return std::unexpected(closed_error());
  return std::make_unique<EmbeddedBackend>(store_, options_, true);
}

result<Backend::TransactionSession> EmbeddedBackend::transaction_session(const CallOptions& options) {
  if (closed_) return std::unexpected(closed_error());
  return transaction_sessions_ ? transaction_sessions_->take(options) : Backend::transaction_session(options);
}

void EmbeddedBackend::set_push_handler(PushHandler handler) {
  pushes_->set_handler(std::move(handler));
}

void EmbeddedBackend::close() {
  if (closed_.exchange(true)) return;
  sessions_->end_waits();
  if (transaction_sessions_) transaction_sessions_->close();
  // What was written is on disk when this returns, if the disk lets it.
  Persistence& persistence = store_->executor().persistence();
  if (Log* log = persistence.log()) log->wait(log->end(), Durability::synced, std::nullopt);
}

}  // namespace redstart
