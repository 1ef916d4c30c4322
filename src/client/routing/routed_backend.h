// RoutedBackend: the servers of a Router as one Backend.
//
// A call that one server answers at once takes no detour: the caller's own thread writes and reads.
// Only when the reply calls for another server or another try does a Dispatch take over.
//
// Threads: thread-safe. Ownership: shares the router with what is under way; closes it.
#pragma once

#include <memory>
#include <optional>

#include "client/routing/dispatch.h"
#include "client/transaction_sessions.h"

namespace redstart {

class RoutedBackend final : public Backend {
 public:
  explicit RoutedBackend(std::shared_ptr<Router> router);
  ~RoutedBackend() override { close(); }

  result<Reply> call(WordSpan words, const CallOptions& options) override;
  void submit(Batch batch, BatchDone done) override;
  void submit_from(const BatchSource& source, BatchDone done) override;
  result<std::unique_ptr<Backend>> dedicated() override { return router_->dedicated(); }
  result<TransactionSession> transaction_session(const CallOptions& options) override;
  void set_push_handler(PushHandler handler) override;
  void close() override;

 private:
  result<Reply> call_dispatched(WordSpan words, const CallOptions& options,
                                std::optional<Dispatch::FirstTry> tried);

  // What becomes of a batch that one node was given as it is. `batch_of`: makes the batch, if it is wanted once more.
  template <class BatchOf>
  BatchDone after_first_try(BatchOf batch_of, Router::Node node, BatchDone done) const;

  const std::shared_ptr<Router> router_;
  const std::shared_ptr<TransactionSessions> transaction_sessions_;
};

}  // namespace redstart
