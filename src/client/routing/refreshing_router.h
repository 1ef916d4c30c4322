// RefreshingRouter: what routers have in common that ask somebody where the servers are: a pool of
// nodes, each with connections of its own, and questions that are asked one at a time and not more
// often than kInterval.
//
// Threads: thread-safe. Ownership: owns the nodes; what is under way keeps those that have left.
#pragma once

#include <atomic>
#include <condition_variable>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>

#include "client/routing/router.h"

namespace redstart {

class RefreshingRouter : public Router, public std::enable_shared_from_this<RefreshingRouter> {
 public:
  static constexpr std::chrono::milliseconds kInterval{100};
  // How long somebody may think about an answer before the next is asked.
  static constexpr std::chrono::milliseconds kPatience{1000};

  const OpenOptions& options() const override { return options_; }
  remote::IoThread& io() const override { return *io_->io; }
  Node node_at(const remote::Endpoint& endpoint, const Node& from) override;
  void refresh() override;
  bool survives_loss() const override { return true; }
  bool replaces_read_only(const Node&) override { return true; }
  Error no_node_error() const override;
  void set_push_handler(std::shared_ptr<const PushHandler> handler) override;
  bool is_closed() const override { return is_closed_; }
  void close() override;

 protected:
  struct PoolKey {
    std::string endpoint;
    remote::ServerRole role;
    auto operator<=>(const PoolKey&) const = default;
  };
  using Pool = std::map<PoolKey, Node>;

  RefreshingRouter(std::shared_ptr<remote::IoLease> io, OpenOptions options,
                   std::shared_ptr<const TlsContext> tls);
  // Asks, and waits for the first answer. Errors: what was answered, timed_out.
  result<void> find_servers();
  // Asks, on the I/O thread, and ends with end_refresh().
  virtual void begin_refresh() = 0;
  // Whether there is an answer already.
  virtual bool knows_servers() const = 0;
  void end_refresh(std::optional<Error> failure);
  std::chrono::milliseconds patience() const {
    return std::min(kPatience, options_.connect_timeout);
  }

  // The node at an address, made when it is not there.
  Node pooled(const remote::Endpoint& endpoint, remote::ServerRole role);
  // Another one for the same address, with no connections yet.
  Node renewed(const remote::Endpoint& endpoint, remote::ServerRole role);
  // Lets go of all others.
  void keep_only(const Pool& kept);
  // Connections for questions: they wait behind nobody's commands, nor for room in the queue.
  Node make_asker(const remote::Endpoint& endpoint, const OpenOptions& options,
                  remote::RemoteBackend::Kind kind) const;
  // A connection of its own. Errors: connection_refused, timed_out, no_auth.
  result<std::unique_ptr<remote::RemoteBackend>> connected_session(const remote::Endpoint& endpoint,
                                                                   remote::ServerRole role) const;
  // Of the turns that servers take.
  size_t next_turn() const { return turn_.fetch_add(1, std::memory_order_relaxed); }
  static Error closed_error() {
    return {ErrorCode::closed, Outcome::not_done, "the client is closed"};
  }

 private:
  using Lock = std::unique_lock<std::mutex>;
  std::shared_ptr<const remote::RemoteSettings> settings_for(const remote::Endpoint& endpoint,
                                                             const OpenOptions& options,
                                                             remote::ServerRole role) const;

  const std::shared_ptr<remote::IoLease> io_;
  const OpenOptions options_;
  const std::shared_ptr<const TlsContext> tls_;
  const std::shared_ptr<remote::SilentConnections> silent_ = std::make_shared<remote::SilentConnections>();
  const std::shared_ptr<remote::CommandBudget> budget_;
  std::atomic<bool> is_closed_{false};
  mutable std::atomic<size_t> turn_{0};

  mutable std::mutex mutex_;  // guards what follows
  std::condition_variable refreshed_;
  Pool pool_;
  std::shared_ptr<const PushHandler> push_handler_;
  bool is_refreshing_ = false;
  bool is_asked_again_ = false;  // since the question that is under way was asked
  std::optional<remote::SteadyClock::time_point> refreshed_at_;
  std::optional<Error> failure_;  // of the last refresh
};

}  // namespace redstart
