#include "client/options_backend.h"

#include <utility>

namespace redstart {
namespace {

// What `options` leave unsaid is what `defaults` say.
CallOptions completed(CallOptions options, const CallOptions& defaults) {
  if (options.timeout.count() <= 0) options.timeout = defaults.timeout;
  options.idempotent = options.idempotent || defaults.idempotent;
  options.repeats = options.repeats || defaults.repeats;
  if (!options.durability) options.durability = defaults.durability;
  return options;
}

}  // namespace

result<Reply> OptionsBackend::call(WordSpan words, const CallOptions& options) {
  return next_->call(words, completed(options, defaults_));
}

void OptionsBackend::submit(Batch batch, BatchDone done) {
  batch.options = completed(batch.options, defaults_);
  next_->submit(std::move(batch), std::move(done));
}

void OptionsBackend::submit_from(const BatchSource& source, BatchDone done) {
  BatchSource changed = source;
  changed.options = completed(source.options, defaults_);
  next_->submit_from(changed, std::move(done));
}

result<std::unique_ptr<Backend>> OptionsBackend::dedicated() {
  auto session = next_->dedicated();
  if (!session) return session;
  return std::make_unique<OptionsBackend>(std::move(*session), defaults_);
}

result<Backend::TransactionSession> OptionsBackend::transaction_session(const CallOptions& options) {
  auto session = next_->transaction_session(completed(options, defaults_));
  if (session) session->backend = std::make_unique<OptionsBackend>(std::move(session->backend), defaults_);
  return session;
}

Client Client::with(const CallOptions& options) const {
  return Client(std::make_shared<OptionsBackend>(backend_, options));
}

}  // namespace redstart
