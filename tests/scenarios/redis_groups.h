// Groups of redis-servers for tests: a cluster of three masters with a replica each, and a master with two replicas
// that three sentinels guard. They are ready when their constructors return.
//
// Threads: thread-compatible. Ownership: they own their processes.
#pragma once

#include <algorithm>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "redstart/redstart.hpp"
#include "tests/scenarios/server_process.h"

namespace redstart::scenarios {

// Calls `condition` until it holds, half a minute at most.
inline bool becomes_true(const std::function<bool()>& condition) {
  for (int i = 0; i < 3000; ++i) {
    if (condition()) return true;
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
  return condition();
}

class RedisCluster {
 public:
  static constexpr size_t kMasters = 3, kNodes = 6;

  RedisCluster() {
    while (nodes_.size() < kNodes) {
      const uint16_t bus_port = free_port();
      auto node = std::make_unique<ServerProcess>(
          Program::redis,
          std::vector<std::string>{"--cluster-enabled", "yes", "--cluster-node-timeout", "1000", "--cluster-port",
                                   std::to_string(bus_port), "--repl-diskless-sync-delay", "0",
                                   "--repl-ping-replica-period", "1", "--cluster-replica-validity-factor", "0"});
      if (!open(node->url())) continue;  // somebody else has taken one of its ports
      nodes_.push_back(std::move(node));
      bus_ports_.push_back(bus_port);
    }
    join();
  }

  ServerProcess& node(size_t index) { return *nodes_[index]; }
  Client client_of(size_t index) const { return open(nodes_[index]->url()).value(); }
  // Which nodes to begin with.
  std::string url() const {
    std::string url = "redis-cluster://";
    for (size_t i = 0; i < kMasters; ++i) {
      url += (i ? ",127.0.0.1:" : "127.0.0.1:") + std::to_string(nodes_[i]->port());
    }
    return url;
  }
  std::string id_of(size_t index) const { return client_of(index).call({"CLUSTER", "MYID"}).value().text(); }
  // The node that has the slot of `key`, as the first node that can be asked sees it; kNodes: none.
  size_t master_of(std::string_view key) const {
    for (size_t i = 0; i < kNodes; ++i) {
      auto asked = open(nodes_[i]->url());
      if (!asked) continue;
      const size_t owner = owner_of(asked->call({"CLUSTER", "KEYSLOT", key}).value().as_integer(), i);
      if (owner < kNodes) return owner;
    }
    return kNodes;
  }
  // The master of the slot as `viewer` sees it; kNodes: none.
  size_t owner_of(int64_t slot, size_t viewer) const {
    const Reply ranges = client_of(viewer).call({"CLUSTER", "SLOTS"}).value();
    for (const Reply& range : ranges.elements()) {
      if (slot < range[0].as_integer() || slot > range[1].as_integer()) continue;
      return index_of_port(range[2][1].as_integer());
    }
    return kNodes;
  }
  // Whether `viewer` takes `owner` for the master of the slot.
  bool sees(size_t viewer, int64_t slot, size_t owner) const { return owner_of(slot, viewer) == owner; }
  // Whether all nodes that can be reached see all slots served and `replicas` replicas in order.
  bool is_healthy(size_t replicas) const {
    for (const auto& node : nodes_) {
      auto asked = open(node->url());
      if (!asked) continue;
      if (!asked->call({"CLUSTER", "INFO"}).value().text().contains("cluster_state:ok")) return false;
      const Reply ranges = asked->call({"CLUSTER", "SLOTS"}).value();
      size_t found = 0;
      for (const Reply& range : ranges.elements()) found += range.size() - 3;
      if (found < replicas) return false;
      const std::string info = asked->info("replication").value();
      if (info.contains("role:slave") && !info.contains("master_link_status:up")) return false;
    }
    return true;
  }

 private:
  size_t index_of_port(int64_t port) const {
    const auto found = std::ranges::find_if(nodes_, [&](const auto& node) { return node->port() == port; });
    return static_cast<size_t>(found - nodes_.begin());
  }
  void join() {
    for (size_t i = 0; i < kNodes; ++i) {
      Client client = client_of(i);
      client.call({"CLUSTER", "SET-CONFIG-EPOCH", std::to_string(i + 1)}).value();
      if (i < kMasters) {
        const std::string first = std::to_string(16384 * i / kMasters);
        const std::string last = std::to_string(16384 * (i + 1) / kMasters - 1);
        client.call({"CLUSTER", "ADDSLOTSRANGE", first, last}).value();
      }
      const std::string port = std::to_string(nodes_[0]->port()), bus_port = std::to_string(bus_ports_[0]);
      if (i > 0) client.call({"CLUSTER", "MEET", "127.0.0.1", port, bus_port}).value();
    }
    becomes_true([&] {
      for (size_t i = 0; i < kNodes; ++i) {
        const std::string known = client_of(i).call({"CLUSTER", "NODES"}).value().text();
        if (std::ranges::count(known, '\n') != kNodes || known.contains("handshake")) return false;
      }
      return true;
    });
    for (size_t i = kMasters; i < kNodes; ++i) {
      client_of(i).call({"CLUSTER", "REPLICATE", id_of(i - kMasters)}).value();
    }
    becomes_true([&] { return is_healthy(kNodes - kMasters); });
  }

  std::vector<std::unique_ptr<ServerProcess>> nodes_;
  std::vector<uint16_t> bus_ports_;
};

class RedisWithSentinels {
 public:
  static constexpr size_t kServers = 3, kSentinels = 3;

  RedisWithSentinels() {
    for (size_t i = 0; i < kServers; ++i) {
      std::vector<std::string> directives = {"--repl-diskless-sync-delay", "0", "--repl-ping-replica-period", "1"};
      if (i > 0)
        directives.insert(directives.end(), {"--replicaof", "127.0.0.1 " + std::to_string(servers_[0]->port())});
      servers_.push_back(std::make_unique<ServerProcess>(Program::redis, directives));
    }
    becomes_true([&] {
      return open(servers_[0]->url()).value().info("replication").value().contains("connected_slaves:2");
    });
    for (size_t i = 0; i < kSentinels; ++i) {
      sentinels_.push_back(std::make_unique<ServerProcess>(
          Program::sentinel,
          std::vector<std::string>{"sentinel monitor main 127.0.0.1 " + std::to_string(servers_[0]->port()) + " 2",
                                   "sentinel down-after-milliseconds main 1000",
                                   "sentinel failover-timeout main 4000"}));
    }
    becomes_true([&] { return is_healthy(kServers - 1); });
  }

  ServerProcess& server(size_t index) { return *servers_[index]; }
  ServerProcess& sentinel(size_t index) { return *sentinels_[index]; }
  std::string url() const {
    std::string url = "redis-sentinel://";
    for (size_t i = 0; i < kSentinels; ++i) {
      url += (i ? ",127.0.0.1:" : "127.0.0.1:") + std::to_string(sentinels_[i]->port());
    }
    return url + "/main";
  }
  // The server that the sentinel names as the master.
  size_t master(size_t sentinel = 0) const {
    const Reply address =
        open(sentinels_[sentinel]->url()).value().call({"SENTINEL", "GET-MASTER-ADDR-BY-NAME", "main"}).value();
    const auto found = std::ranges::find_if(
        servers_, [&](const auto& server) { return std::to_string(server->port()) == address[1].text(); });
    return static_cast<size_t>(found - servers_.begin());
  }
  // Whether the sentinels know each other and that many replicas that follow the master.
  bool is_healthy(size_t replicas) const {
    for (const auto& sentinel : sentinels_) {
      Client client = open(sentinel->url()).value();
      if (client.call({"SENTINEL", "SENTINELS", "main"}).value().size() != kSentinels - 1) return false;
      const Reply known = client.call({"SENTINEL", "REPLICAS", "main"}).value();
      size_t fine = 0;
      for (const Reply& one : known.elements()) {
        const std::string text = to_string(one);
        fine += text.contains("\"master-link-status\"") && text.contains("\"ok\"") && !text.contains("down,");
      }
      if (fine < replicas) return false;
    }
    return true;
  }

 private:
  std::vector<std::unique_ptr<ServerProcess>> servers_, sentinels_;
};

}  // namespace redstart::scenarios
