#include "client/routing/routed_backend.h"

#include <algorithm>
#include <optional>

#include "client/session_commands.h"
#include "resp/command_text.h"

namespace redstart {
namespace {

Error closed_error() { return {ErrorCode::closed, Outcome::not_done, "the client is closed"}; }

// A batch of which nothing but the bytes is kept, as they are sent: it is seldom wanted once more.
class EncodedBatch {
 public:
  explicit EncodedBatch(const CallOptions& options) : options_(options) {}
  void add(WordSpan words) { append_command(bytes_, words); }
  std::shared_ptr<const Batch> decode() const {
    return std::make_shared<Batch>(
        Batch{.commands = words_of_commands(bytes_), .atomic = false, .options = options_});
  }

 private:
  const CallOptions options_;
  std::string bytes_;
};

}  // namespace

RoutedBackend::RoutedBackend(std::shared_ptr<Router> router)
    : router_(std::move(router)),
      transaction_sessions_(std::make_shared<TransactionSessions>(
          router_->options(), [router = router_] { return router->dedicated(); },
          [router = router_] { return router->session_epoch(); })) {}

template <class BatchOf>
BatchDone RoutedBackend::after_first_try(BatchOf batch_of, Router::Node node, BatchDone done) const {
  return [router = router_, batch_of = std::move(batch_of), node = std::move(node),
          began = remote::SteadyClock::now(), done = std::move(done)](BatchResult outcome) mutable {
    if (std::ranges::none_of(outcome, Dispatch::needs_thought)) return done(std::move(outcome));
    Dispatch::start(router, batch_of(), std::move(done), Dispatch::FirstTry{std::move(outcome), node, began});
  };
}

result<Reply> RoutedBackend::call(WordSpan words, const CallOptions& options) {
  if (words.empty())
    return std::unexpected(Error{ErrorCode::invalid_argument, Outcome::not_done, "empty command"});
  if (router_->is_closed()) return std::unexpected(closed_error());
  if (kind_of(words) == CommandKind::session)
    return std::unexpected(shared_session_error(words[0]));
  const auto start = remote::SteadyClock::now();
  const Router::Node node = router_->direct(words);
  if (!node) return call_dispatched(words, options, std::nullopt);
  auto reply = node->call(words, options);
  if (!Dispatch::needs_thought(reply)) [[likely]]
    return reply;
  Dispatch::FirstTry tried{.outcome = {}, .node = node, .began = start};
  tried.outcome.push_back(std::move(reply));
  return call_dispatched(words, options, std::move(tried));
}

result<Reply> RoutedBackend::call_dispatched(WordSpan words, const CallOptions& options,
                                             std::optional<Dispatch::FirstTry> tried) {
  const auto batch = std::make_shared<Batch>();
  batch->commands.emplace_back(words.begin(), words.end());
  batch->options = options;
  return std::move(Dispatch::run(router_, batch, std::move(tried)).front());
}

void RoutedBackend::submit(Batch batch, BatchDone done) {
  if (router_->is_closed())
    return done(BatchResult(batch.commands.size(), std::unexpected(closed_error())));
  if (batch.commands.empty()) return done({});
  const auto kept = std::make_shared<const Batch>(std::move(batch));
  const Router::Node node = router_->only_node();
  if (!node) return Dispatch::start(router_, kept, std::move(done));
  node->send(remote::RemoteBackend::sending_of(*kept),
             after_first_try([kept] { return kept; }, node, std::move(done)));
}

void RoutedBackend::submit_from(const BatchSource& source, BatchDone done) {
  using Pieces = remote::RemoteBackend::Pieces;
  const Router::Node node = router_->only_node();
  const bool is_long = source.count > Pieces::kCommandsMax;
  if (!node || router_->is_closed() || (is_long && node->wants_sync(source.options)))
    return Backend::submit_from(source, std::move(done));
  const auto kept = std::make_shared<EncodedBatch>(source.options);
  const auto commands_from = [&source, &kept](size_t begin) {
    return [&source, &kept, begin](size_t index) {
      const WordSpan words = source.command(begin + index);
      kept->add(words);
      return words;
    };
  };
  BatchDone after = after_first_try([kept] { return kept->decode(); }, node, std::move(done));
  if (!is_long) {
    return node->send({.count = source.count, .command = commands_from(0), .options = source.options},
                      std::move(after));
  }
  Pieces pieces(*node, source.count, source.options, std::move(after));
  for (size_t begin = 0; begin < source.count; begin += Pieces::kCommandsMax) {
    pieces.add(std::min(source.count - begin, Pieces::kCommandsMax), commands_from(begin));
  }
}

result<Backend::TransactionSession> RoutedBackend::transaction_session(const CallOptions& options) {
  if (router_->is_closed()) return std::unexpected(closed_error());
  // The client's own thread must not wait; dedicated() tells it so.
  if (router_->io().is_current()) return Backend::transaction_session(options);
  return transaction_sessions_->take(options);
}

void RoutedBackend::close() {
  router_->close();
  transaction_sessions_->close();
}

void RoutedBackend::set_push_handler(PushHandler handler) {
  router_->set_push_handler(std::make_shared<const PushHandler>(std::move(handler)));
}

}  // namespace redstart
