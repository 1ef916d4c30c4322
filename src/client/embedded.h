// EmbeddedBackend: a store inside this process as a Backend. Commands run on the caller's thread; replies
// are built as values, no RESP bytes in between.
//
// Threads: thread-safe; each calling thread has a session of its own in the store, which another thread
// takes over when it ends; a dedicated session is used by one at a time. What is submitted is done when
// submit() returns, unless it may block: that is done on a thread of the backend's, of which there are
// `blocking_connections_max` at most.
// Ownership: shares the store; owns its sessions.
#pragma once

#include <atomic>
#include <memory>
#include <mutex>
#include <optional>
#include <string>

#include "client/push_dispatcher.h"
#include "client/transaction_sessions.h"
#include "client/waiting_threads.h"
#include "redstart/client.h"
#include "resp/reply_builder.h"

namespace redstart {

class EmbeddedSession;
class Store;

class EmbeddedBackend final : public Backend {
 public:
  // `is_dedicated`: one session, whose state is the caller's.
  EmbeddedBackend(std::shared_ptr<Store> store, OpenOptions options, bool is_dedicated);
  ~EmbeddedBackend() override;

  result<Reply> call(WordSpan words, const CallOptions& options) override;
  void submit(Batch batch, BatchDone done) override;
  result<std::unique_ptr<Backend>> dedicated() override;
  result<TransactionSession> transaction_session(const CallOptions& options) override;
  void set_push_handler(PushHandler handler) override;
  void close() override;

 private:
  EmbeddedSession& session();
  // While it is held, the dedicated session is the caller's; of no meaning for others, which threads do not share.
  std::unique_lock<std::mutex> lock_session();
  result<Reply> run(EmbeddedSession& session, WordSpan words, const CallOptions& options);
  result<Reply> execute(EmbeddedSession& session, WordSpan words, const CallOptions& options);
  // Waits until what the session has done is as durable as the call wants. Returns why what it wrote since
  // `own_before`, its own position in the log then, is not.
  std::optional<Error> wait_for_log(EmbeddedSession& session, uint64_t own_before, const CallOptions& options);
  BatchResult run_batch(const Batch& batch);
  BatchResult run_atomically(EmbeddedSession& session, const Batch& batch);

  class SessionPool;

  const std::shared_ptr<Store> store_;
  const OpenOptions options_;
  const bool is_dedicated_;
  std::atomic<bool> closed_{false};
  const std::shared_ptr<PushDispatcher> pushes_;
  const std::shared_ptr<SessionPool> sessions_;
  EmbeddedSession* const dedicated_session_;  // null unless is_dedicated_
  std::mutex dedicated_mutex_;
  const std::shared_ptr<TransactionSessions> transaction_sessions_;  // null: is_dedicated_
  WaitingThreads waiting_;
};

}  // namespace redstart
