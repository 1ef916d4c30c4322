// ClusterRouter: the nodes of a Redis Cluster, and which of them has which slots.
//
//   command --keys--> slot --topology--> shard --master or replica--> node: connections of its own
//
// The topology is asked for (CLUSTER SLOTS) when the client is opened, and anew when something
// shows that it has changed: a redirection, a lost node, CLUSTERDOWN. Nodes are asked in random
// order until one answers. Commands go on meanwhile: redirections say themselves where to.
//
// Threads: thread-safe.
#pragma once

#include <memory>
#include <vector>

#include "client/cluster/topology.h"
#include "client/routing/refreshing_router.h"
#include "client/routing/shared_cell.h"

namespace redstart {

struct ClusterSettings {
  std::vector<remote::Endpoint> seeds;
  OpenOptions options;
  std::shared_ptr<const TlsContext> tls = {};
};

class ClusterRouter final : public RefreshingRouter {
 public:
  // Asks the seeds for the topology. Errors: connection_refused, timed_out, no_auth, server (no
  // cluster).
  static result<std::shared_ptr<ClusterRouter>> open(ClusterSettings settings);

  Node direct(WordSpan words) const override;
  result<Route> route(WordSpan words) const override;
  result<int> common_slot(const std::vector<std::vector<std::string>>& commands) const override;
  Node node_of(int slot, bool reads, size_t retry) const override;
  result<std::unique_ptr<Backend>> dedicated() override;

  std::vector<remote::Endpoint> masters() const;
  // A connection of its own to a node. Errors: connection_refused, timed_out, no_auth.
  result<std::unique_ptr<remote::RemoteBackend>> session_at(
      const remote::Endpoint& endpoint) const {
    return connected_session(endpoint, remote::ServerRole::cluster_master);
  }

 private:
  ClusterRouter(std::shared_ptr<remote::IoLease> io, ClusterSettings settings);

  std::shared_ptr<const Topology> topology() const { return topology_.load(); }
  bool knows_servers() const override { return topology() != nullptr; }
  Node replica_of(const ClusterShard& shard, size_t retry) const;
  void begin_refresh() override;
  void ask(std::vector<remote::Endpoint> nodes, size_t next);
  void take_topology(Topology topology);

  const std::vector<remote::Endpoint> seeds_;
  SharedCell<const Topology> topology_;
};

}  // namespace redstart
