// SingleRouter: the one server of a redis:// or unix: URL.
//
// A lost connection is the server's own matter: it reconnects, and calls fail while it cannot be
// reached. What a router adds is patience with a server that loads its data, and one new connection
// to a server that has become read-only: where a name or an address has moved to another server,
// that is where the new one leads.
//
// Threads: thread-safe.
#pragma once

#include <atomic>
#include <memory>
#include <mutex>

#include "client/routing/router.h"
#include "client/routing/shared_cell.h"

namespace redstart {

class SingleRouter final : public Router {
 public:
  // Connects. Errors: connection_refused, timed_out, no_auth.
  static result<std::shared_ptr<SingleRouter>> open(remote::RemoteSettings settings);

  const OpenOptions& options() const override { return settings_->options; }
  remote::IoThread& io() const override { return *io_->io; }
  Node only_node() const override { return node(); }
  Node direct(WordSpan) const override { return node(); }
  result<Route> route(WordSpan words) const override;
  result<int> common_slot(const std::vector<std::vector<std::string>>&) const override {
    return RoutePart::kAnySlot;
  }
  Node node_of(int, bool, size_t) const override { return node(); }
  Node node_at(const remote::Endpoint&, const Node&) override { return nullptr; }
  void refresh() override {}
  bool survives_loss() const override { return false; }
  bool replaces_read_only(const Node& node) override;
  Error no_node_error() const override;
  void set_push_handler(std::shared_ptr<const PushHandler> handler) override;
  result<std::unique_ptr<Backend>> dedicated() override { return node()->dedicated(); }
  uint64_t session_epoch() const override { return session_epoch_; }
  bool is_closed() const override { return is_closed_; }
  void close() override;

 private:
  SingleRouter(std::shared_ptr<remote::IoLease> io,
               std::shared_ptr<const remote::RemoteSettings> settings);
  Node make_node() const;
  Node node() const { return node_.load(); }

  const std::shared_ptr<remote::IoLease> io_;
  const std::shared_ptr<const remote::RemoteSettings> settings_;
  const std::shared_ptr<remote::CommandBudget> budget_;
  SharedCell<remote::RemoteBackend> node_;
  std::atomic<bool> is_closed_{false};
  std::atomic<uint64_t> session_epoch_{0};
  std::mutex mutex_;  // guards what follows, and changes of node_
  remote::SteadyClock::time_point replaced_at_ = remote::SteadyClock::time_point::min();
  std::shared_ptr<const PushHandler> push_handler_;
};

}  // namespace redstart
