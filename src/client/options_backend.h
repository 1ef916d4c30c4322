// OptionsBackend: another Backend with call options of its own, for what a call leaves unsaid (Client::with).
//
// Threads: thread-safe. Ownership: shares the backend beneath, which it does not close when it ends.
#pragma once

#include <memory>

#include "redstart/client.h"

namespace redstart {

class OptionsBackend final : public Backend {
 public:
  OptionsBackend(std::shared_ptr<Backend> next, const CallOptions& defaults)
      : next_(std::move(next)), defaults_(defaults) {}

  result<Reply> call(WordSpan words, const CallOptions& options) override;
  void submit(Batch batch, BatchDone done) override;
  void submit_from(const BatchSource& source, BatchDone done) override;
  result<std::unique_ptr<Backend>> dedicated() override;
  result<TransactionSession> transaction_session(const CallOptions& options) override;
  void set_push_handler(PushHandler handler) override { next_->set_push_handler(std::move(handler)); }
  void close() override { next_->close(); }

 private:
  const std::shared_ptr<Backend> next_;
  const CallOptions defaults_;
};

}  // namespace redstart
