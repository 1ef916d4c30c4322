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
  const auto began = remote::SteadyClock::now();
  node->send(sending, [router = router_, kept, node, began,
                       done = std::move(done)](BatchResult outcome) mutable {
    if (std::ranges::none_of(outcome, Dispatch::needs_thought)) return done(std::move(outcome));
    Dispatch::start(router, kept, std::move(done),
                    Dispatch::FirstTry{std::move(outcome), node, began});
  });
}

void RoutedBackend::set_push_handler(PushHandler handler) {
  router_->set_push_handler(std::make_shared<const PushHandler>(std::move(handler)));
}

}  // namespace redstart
