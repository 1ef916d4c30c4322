// SentinelRouter: the master that sentinels guard, and its replicas.
//
// Sentinels are asked in turn who the master is; the named server must itself say that it is one
// (ROLE), since a sentinel that was cut off may name the old one. They are asked anew when the
// master is lost or takes no writes, when a sentinel tells of a failover (+switch-master), to which
// one of them is listened, and every kWatchInterval: what only reads or listens on a server that is
// no master any more has nothing to fail with.
//
// What leads to such a server ends then: what is pending on it fails, sessions are lost and say so.
// No connection to a replica is taken for one to the master: each asks (RemoteSettings::role).
//
// A sentinel that has missed a failover names the old master, which may be cut off like itself and
// still take writes. Its configuration epoch is an older one: it is not believed, unless all
// sentinels say the same (somebody has set them up anew) or the master known is none any more.
//
// Threads: thread-safe. A search is the I/O thread's.
#pragma once

#include <atomic>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "client/routing/refreshing_router.h"
#include "client/routing/shared_cell.h"

namespace redstart {

struct SentinelSettings {
  std::vector<remote::Endpoint> sentinels;
  std::string service;
  OpenOptions options;
  std::shared_ptr<const TlsContext> tls = {};
};

class SentinelRouter final : public RefreshingRouter {
 public:
  static constexpr std::chrono::milliseconds kWatchInterval{1000};

  // Asks for the master. Errors: connection_refused, timed_out, no_auth, invalid_argument (no such
  // service).
  static result<std::shared_ptr<SentinelRouter>> open(SentinelSettings settings);

  Node only_node() const override;
  Node direct(WordSpan words) const override;
  result<Route> route(WordSpan words) const override;
  result<int> common_slot(const std::vector<std::vector<std::string>>&) const override {
    return RoutePart::kAnySlot;
  }
  Node node_of(int slot, bool reads, size_t retry) const override;
  Node node_at(const remote::Endpoint&, const Node&) override { return nullptr; }
  result<std::unique_ptr<Backend>> dedicated() override;
  uint64_t session_epoch() const override { return session_epoch_; }
  void close() override;

 private:
  // Immutable.
  struct Servers {
    Node master;
    std::vector<Node> replicas;
    bool is_left = false;  // the master has said that it is none; no other is known yet
  };
  // What a sentinel has answered.
  struct Answer {
    remote::Endpoint sentinel, master;
    std::vector<remote::Endpoint> replicas;
    std::optional<int64_t> epoch;  // of the configuration
  };
  // What one refresh carries from question to question.
  struct Search;
  using RoleDone = std::function<void(result<bool> is_master)>;

  SentinelRouter(std::shared_ptr<remote::IoLease> io, SentinelSettings settings);
  std::shared_ptr<SentinelRouter> self() {
    return std::static_pointer_cast<SentinelRouter>(shared_from_this());
  }
  std::shared_ptr<const Servers> servers() const { return servers_.load(); }
  bool knows_servers() const override { return servers() != nullptr; }
  void watch();
  void begin_refresh() override;
  void ask_sentinel(std::shared_ptr<Search> search);
  void take_answer(std::shared_ptr<Search> search, BatchResult outcome);
  void ask_role(std::shared_ptr<Search> search);
  void ask_next(std::shared_ptr<Search> search, Error failure);
  void conclude(std::shared_ptr<Search> search, Error failure);
  void take_servers(const Answer& answer);
  void leave_master();
  void listen_to(const remote::Endpoint& sentinel);

  Node asker_at(const remote::Endpoint& endpoint, const OpenOptions& options);
  void forget_asker(const remote::Endpoint& endpoint);
  void keep_askers(const remote::Endpoint& master);
  void role_of(const remote::Endpoint& endpoint, RoleDone done);
  void end_sessions(const Error& reason);

  const std::vector<remote::Endpoint> sentinels_;
  const std::string service_;
  const OpenOptions sentinel_options_;
  SharedCell<const Servers> servers_;
  std::atomic<uint64_t> session_epoch_{0};
  int64_t epoch_ = 0;  // of the answer that was taken last; the I/O thread's
  std::mutex sessions_mutex_;
  std::vector<std::weak_ptr<remote::Connection>> sessions_;  // guarded by sessions_mutex_
  std::mutex listener_mutex_;  // guards what follows
  std::map<std::string, Node> askers_;  // kept from one refresh to the next
  Node listener_;
  bool is_listening_ = false;
};

}  // namespace redstart
