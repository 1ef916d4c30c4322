// SentinelRouter: the master that sentinels guard, and its replicas.
//
// Sentinels are asked in turn who the master is; the named server must itself say that it is one
// (ROLE), since a sentinel that was cut off may name the old one. They are asked anew when the
// master is lost or takes no writes, and when a sentinel tells of a failover (+switch-master), to
// which one of them is listened.
//
// Threads: thread-safe.
#pragma once

#include <atomic>
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
  };
  // What one refresh carries from question to question.
  struct Search;

  SentinelRouter(std::shared_ptr<remote::IoLease> io, SentinelSettings settings);
  std::shared_ptr<SentinelRouter> self() {
    return std::static_pointer_cast<SentinelRouter>(shared_from_this());
  }
  std::shared_ptr<const Servers> servers() const { return servers_.load(); }
  bool knows_servers() const override { return servers() != nullptr; }
  void begin_refresh() override;
  void ask_sentinel(std::shared_ptr<Search> search);
  void take_answer(std::shared_ptr<Search> search, BatchResult outcome);
  void ask_role(std::shared_ptr<Search> search);
  void ask_next(std::shared_ptr<Search> search, Error failure);
  void take_servers(const Search& search);
  void listen_to(const remote::Endpoint& sentinel);

  const std::vector<remote::Endpoint> sentinels_;
  const std::string service_;
  const OpenOptions sentinel_options_;
  SharedCell<const Servers> servers_;
  std::atomic<uint64_t> session_epoch_{0};
  std::mutex listener_mutex_;  // guards what follows
  Node listener_;
  bool is_listening_ = false;
};

}  // namespace redstart
