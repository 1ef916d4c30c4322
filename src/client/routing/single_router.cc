#include "client/routing/single_router.h"

#include <utility>

namespace redstart {
namespace {

// A replica that is written to again and again is not connected to each time.
constexpr std::chrono::seconds kReplaceInterval{1};

}  // namespace

result<std::shared_ptr<SingleRouter>> SingleRouter::open(remote::RemoteSettings settings) {
  auto io = remote::IoThread::start();
  if (!io) return std::unexpected(std::move(io.error()));
  std::shared_ptr<SingleRouter> router(
      new SingleRouter(std::make_shared<remote::IoLease>(std::move(*io)),
                       std::make_shared<const remote::RemoteSettings>(std::move(settings))));
  if (auto connected = router->node()->connect(); !connected)
    return std::unexpected(std::move(connected.error()));
  return router;
}

SingleRouter::SingleRouter(std::shared_ptr<remote::IoLease> io,
                           std::shared_ptr<const remote::RemoteSettings> settings)
    : io_(std::move(io)),
      settings_(std::move(settings)),
      budget_(std::make_shared<remote::CommandBudget>(settings_->options.queue_commands_max)),
      node_(make_node()) {}

Router::Node SingleRouter::make_node() const {
  return std::make_shared<remote::RemoteBackend>(io_, settings_, budget_,
                                                 remote::RemoteBackend::Kind::shared);
}

result<Route> SingleRouter::route(WordSpan) const {
  Route route;
  route.parts.emplace_back();
  return route;
}

bool SingleRouter::replaces_read_only(const Node& node) {
  const std::lock_guard lock(mutex_);
  if (is_closed_) return false;
  if (node != node_.load()) return true;
  const auto now = remote::SteadyClock::now();
  if (replaced_at_ != remote::SteadyClock::time_point::min() &&
      now - replaced_at_ < kReplaceInterval)
    return false;
  replaced_at_ = now;
  Node fresh = make_node();
  if (push_handler_) {
    PushHandler handler = *push_handler_;
    fresh->set_push_handler(std::move(handler));
  }
  node_.store(std::move(fresh));
  ++session_epoch_;
  return true;
}

Error SingleRouter::no_node_error() const {
  return {ErrorCode::closed, Outcome::not_done, "the client is closed"};
}

void SingleRouter::set_push_handler(std::shared_ptr<const PushHandler> handler) {
  const std::lock_guard lock(mutex_);
  push_handler_ = std::move(handler);
  node_.load()->set_push_handler(*push_handler_);
}

void SingleRouter::close() {
  const std::lock_guard lock(mutex_);
  is_closed_ = true;
  node_.load()->close();
}

}  // namespace redstart
