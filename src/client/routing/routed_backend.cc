#include "client/routing/routed_backend.h"

#include <algorithm>
#include <optional>

#include "client/session_commands.h"

namespace redstart {
namespace {

Error closed_error() { return {ErrorCode::closed, Outcome::not_done, "the client is closed"}; }

}  // namespace

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
  remote::RemoteBackend::Sending sending{
      .commands = {}, .atomic = kept->atomic, .asking = false, .options = kept->options};
  sending.commands.reserve(kept->commands.size());
  for (const auto& command : kept->commands) sending.commands.push_back(&command);
  node->send(sending, after_first_try(kept, node, std::move(done)));
}

BatchDone RoutedBackend::after_first_try(std::shared_ptr<const Batch> batch, Router::Node node, BatchDone done) const {
  return [router = router_, batch = std::move(batch), node = std::move(node), began = remote::SteadyClock::now(),
          done = std::move(done)](BatchResult outcome) mutable {
    if (std::ranges::none_of(outcome, Dispatch::needs_thought)) return done(std::move(outcome));
    Dispatch::start(router, batch, std::move(done), Dispatch::FirstTry{std::move(outcome), node, began});
  };
}

void RoutedBackend::submit_from(const BatchSource& source, BatchDone done) {
  using Pieces = remote::RemoteBackend::Pieces;
  const Router::Node node = router_->only_node();
  if (!node || router_->is_closed() || source.count <= Pieces::kCommandsMax || node->wants_sync(source.options))
    return Backend::submit_from(source, std::move(done));
  const auto kept = std::make_shared<Batch>();
  kept->options = source.options;
  kept->commands.reserve(source.count);
  Pieces pieces(*node, source.count, source.options, after_first_try(kept, node, std::move(done)));
  std::vector<const std::vector<std::string>*> made;
  for (size_t i = 0; i < source.count; ++i) {
    made.push_back(&kept->commands.emplace_back(source.command(i)));
    if (made.size() < Pieces::kCommandsMax && i + 1 < source.count) continue;
    pieces.add(made);
    made.clear();
  }
}

void RoutedBackend::set_push_handler(PushHandler handler) {
  router_->set_push_handler(std::make_shared<const PushHandler>(std::move(handler)));
}

}  // namespace redstart
