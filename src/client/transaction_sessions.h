// TransactionSessions: the sessions of a client's transactions with watched keys. One that is as it was when it was new
// is kept for the next transaction; any other is closed.
//
//   take() --> lent, to one transaction --> idle, if it is clean --> lent ...
//                                       --> closed
//
// Clean: every call over it was answered, nothing is watched or under way, and no command changes_session().
//
// A loss that a lent session meets may be that of all: the server has ended, or is no master any more. So all that are
// idle are given up with it. One that has been idle for longer than OpenOptions::health_check_interval is asked (PING)
// before it is lent, since nobody tells of a connection that has gone silent. And none outlives its epoch: a master
// that was replaced may go on answering.
//
// Threads: thread-safe. Ownership: shared by the client's backend and by what it has lent, which comes back when it is
// freed; owns the idle sessions.
#pragma once

#include <chrono>
#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <vector>

#include "redstart/client.h"

namespace redstart {

class TransactionSessions : public std::enable_shared_from_this<TransactionSessions> {
 public:
  using Open = std::function<result<std::unique_ptr<Backend>>()>;
  using Epoch = std::function<uint64_t()>;
  // `open` makes another session; `epoch` says whether older ones are still good (Router::session_epoch). Neither may
  // own this.
  TransactionSessions(const OpenOptions& options, Open open, Epoch epoch);

  // At transaction_sessions_max: waits for one as long as the call may take. Errors: queue_full, closed, those of Open.
  result<Backend::TransactionSession> take(const CallOptions& options);
  // Ends all, the lent ones too. Idempotent.
  void close();

 private:
  using Clock = std::chrono::steady_clock;
  using Session = std::shared_ptr<Backend>;
  struct Idle {
    Session session;
    uint64_t epoch;
    Clock::time_point since;
  };
  class Lent;

  // Nothing: one more may be opened. Either counts as lent. REQUIRES: `lock` is held; it is let go while it waits.
  result<std::optional<Idle>> wait_for_one(std::unique_lock<std::mutex>& lock, const CallOptions& options);
  bool is_good(const Idle& idle) const;
  // `session`: null, if it is not to be kept.
  void give_back(Session session, uint64_t epoch);
  void discard_idle();

  const size_t sessions_max_;
  const std::chrono::milliseconds call_timeout_, connect_timeout_, check_after_;
  const Open open_;
  const Epoch epoch_;
  std::mutex mutex_;  // guards what follows
  std::condition_variable given_back_;
  std::vector<Idle> idle_;  // the one that was used last is the last
  std::vector<std::weak_ptr<Backend>> lent_;
  size_t lent_count_ = 0;
  bool is_closed_ = false;
};

}  // namespace redstart
