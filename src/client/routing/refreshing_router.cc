#include "client/routing/refreshing_router.h"

#include <utility>

namespace redstart {

using remote::RemoteBackend;
using remote::ServerRole;
using remote::SteadyClock;

RefreshingRouter::RefreshingRouter(std::shared_ptr<remote::IoLease> io, OpenOptions options,
                                   std::shared_ptr<const TlsContext> tls)
    : io_(std::move(io)),
      options_(std::move(options)),
      tls_(std::move(tls)),
      budget_(std::make_shared<remote::CommandBudget>(options_.queue_commands_max)) {}

// --- Asking

result<void> RefreshingRouter::find_servers() {
  refresh();
  Lock lock(mutex_);
  const bool is_done = refreshed_.wait_for(lock, options_.connect_timeout,
                                           [&] { return knows_servers() || failure_; });
  if (knows_servers()) return {};
  if (is_done) return std::unexpected(*failure_);
  return std::unexpected(Error{ErrorCode::timed_out, Outcome::not_done,
                               "nobody has said where the servers are within " +
                                   std::to_string(options_.connect_timeout.count()) + " ms"});
}

void RefreshingRouter::refresh() {
  auto when = SteadyClock::now();
  {
    const Lock lock(mutex_);
    if (is_closed_) return;
    is_asked_again_ = is_refreshing_;
    if (is_refreshing_) return;
    is_refreshing_ = true;
    if (refreshed_at_) when = std::max(when, *refreshed_at_ + kInterval);
  }
  io_->io->post_at(when, [self = shared_from_this()] {
    {
      const Lock lock(self->mutex_);
      self->is_asked_again_ = false;
    }
    self->begin_refresh();
  });
}

void RefreshingRouter::end_refresh(std::optional<Error> failure) {
  bool again;
  {
    const Lock lock(mutex_);
    is_refreshing_ = false;
    refreshed_at_ = SteadyClock::now();
    failure_ = std::move(failure);
    again = std::exchange(is_asked_again_, false);
    refreshed_.notify_all();
  }
  // The answer may be older than what made somebody ask.
  if (again) refresh();
}

Error RefreshingRouter::no_node_error() const {
  if (is_closed_) return closed_error();
  const Lock lock(mutex_);
  if (failure_) return *failure_;
  return {ErrorCode::cluster_down, Outcome::not_done,
          "no server is known that has the command's data"};
}

// --- Nodes

std::shared_ptr<const remote::RemoteSettings> RefreshingRouter::settings_for(
    const remote::Endpoint& endpoint, const OpenOptions& options, ServerRole role) const {
  return std::make_shared<const remote::RemoteSettings>(remote::RemoteSettings{
      .endpoint = endpoint, .options = options, .tls = tls_, .role = role, .silent = silent_});
}

Router::Node RefreshingRouter::make_asker(const remote::Endpoint& endpoint,
                                          const OpenOptions& options,
                                          RemoteBackend::Kind kind) const {
  constexpr size_t kQuestionsMax = 100;
  return std::make_shared<RemoteBackend>(io_, settings_for(endpoint, options, ServerRole::any),
                                         std::make_shared<remote::CommandBudget>(kQuestionsMax),
                                         kind);
}

result<std::unique_ptr<RemoteBackend>> RefreshingRouter::connected_session(
    const remote::Endpoint& endpoint, ServerRole role) const {
  auto session = std::make_unique<RemoteBackend>(
      io_, settings_for(endpoint, options_, role),
      std::make_shared<remote::CommandBudget>(options_.queue_commands_max),
      RemoteBackend::Kind::session);
  if (auto connected = session->connect(); !connected)
    return std::unexpected(std::move(connected.error()));
  return session;
}

Router::Node RefreshingRouter::renewed(const remote::Endpoint& endpoint, ServerRole role) {
  Pool::node_type old;  // which ends after the lock
  {
    const Lock lock(mutex_);
    old = pool_.extract({endpoint.text(), role});
  }
  return pooled(endpoint, role);
}

Router::Node RefreshingRouter::pooled(const remote::Endpoint& endpoint, ServerRole role) {
  const Lock lock(mutex_);
  Node& node = pool_[{endpoint.text(), role}];
  if (node) return node;
  node = std::make_shared<RemoteBackend>(io_, settings_for(endpoint, options_, role), budget_,
                                         RemoteBackend::Kind::shared);
  if (push_handler_) node->set_push_handler(PushHandler(*push_handler_));
  if (is_closed_) node->close();
  return node;
}

void RefreshingRouter::keep_only(const Pool& kept) {
  Pool all = kept;  // then those that have left, which end after the lock
  const Lock lock(mutex_);
  pool_.swap(all);
}

Router::Node RefreshingRouter::node_at(const remote::Endpoint& endpoint, const Node& from) {
  remote::Endpoint known = endpoint;
  if (known.host.empty() && from) known.host = from->endpoint().host;
  return pooled(known, ServerRole::any);
}

void RefreshingRouter::set_push_handler(std::shared_ptr<const PushHandler> handler) {
  const Lock lock(mutex_);
  push_handler_ = std::move(handler);
  for (const auto& [key, node] : pool_) node->set_push_handler(PushHandler(*push_handler_));
}

void RefreshingRouter::close() {
  Pool nodes;
  {
    const Lock lock(mutex_);
    is_closed_ = true;
    nodes = pool_;
  }
  for (const auto& [key, node] : nodes) node->close();
}

}  // namespace redstart
