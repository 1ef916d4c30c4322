#include "client/cluster/cluster_router.h"

#include <algorithm>
#include <random>
#include <set>
#include <utility>

#include "client/cluster/cluster_session.h"
#include "client/cluster/plan.h"
#include "client/session_commands.h"

namespace redstart {
namespace {

size_t random_below(size_t bound) {
  thread_local std::minstd_rand random(std::random_device{}());
  return std::uniform_int_distribution<size_t>(0, bound - 1)(random);
}

}  // namespace

result<std::shared_ptr<ClusterRouter>> ClusterRouter::open(ClusterSettings settings) {
  auto io = remote::IoThread::start();
  if (!io) return std::unexpected(std::move(io.error()));
  std::shared_ptr<ClusterRouter> router(
      new ClusterRouter(std::make_shared<remote::IoLease>(std::move(*io)), std::move(settings)));
  if (auto found = router->find_servers(); !found) {
    router->close();
    return std::unexpected(std::move(found.error()));
  }
  return router;
}

ClusterRouter::ClusterRouter(std::shared_ptr<remote::IoLease> io, ClusterSettings settings)
    : RefreshingRouter(std::move(io), std::move(settings.options), std::move(settings.tls)),
      seeds_(std::move(settings.seeds)) {}

// --- Where commands go

// Nothing: the master.
Router::Node ClusterRouter::replica_of(const ClusterShard& shard, size_t retry) const {
  const size_t choices = shard.replicas.size() + (options().read_from == ReadFrom::any);
  if (choices == 0 || retry > choices) return nullptr;
  const size_t choice = (next_turn() + retry) % choices;
  return choice < shard.replicas.size() ? shard.replicas[choice].backend : nullptr;
}

Router::Node ClusterRouter::node_of(int slot, bool reads, size_t retry) const {
  const auto known = topology();
  const ClusterShard* const shard = slot == RoutePart::kAnySlot
                                        ? &known->shards[random_below(known->shards.size())]
                                        : known->shard_of(slot);
  if (!shard) return nullptr;
  if (reads && slot != RoutePart::kAnySlot && options().read_from != ReadFrom::master) {
    if (Node replica = replica_of(*shard, retry)) return replica;
  }
  return shard->master.backend;
}

std::vector<remote::Endpoint> ClusterRouter::masters() const {
  const auto known = topology();
  std::vector<remote::Endpoint> masters;
  for (const ClusterShard& shard : known->shards) masters.push_back(shard.master.endpoint);
  return masters;
}

Router::Node ClusterRouter::direct(WordSpan words) const {
  const auto slot = simple_slot(words);
  if (!slot) return nullptr;
  const bool reads = options().read_from != ReadFrom::master && is_read_only(words[0]);
  return node_of(*slot, reads, 0);
}

result<Route> ClusterRouter::route(WordSpan words) const { return plan(words, *topology()); }

result<int> ClusterRouter::common_slot(
    const std::vector<std::vector<std::string>>& commands) const {
  return common_slot_of(commands);
}

result<std::unique_ptr<Backend>> ClusterRouter::dedicated() {
  if (is_closed()) return std::unexpected(closed_error());
  return std::make_unique<ClusterSession>(
      std::static_pointer_cast<ClusterRouter>(shared_from_this()));
}

// --- The topology

void ClusterRouter::begin_refresh() {
  std::vector<remote::Endpoint> nodes;
  std::set<std::string> named;
  const auto add = [&](const remote::Endpoint& endpoint) {
    if (named.insert(endpoint.text()).second) nodes.push_back(endpoint);
  };
  if (const auto known = topology()) {
    for (const ClusterShard& shard : known->shards) {
      add(shard.master.endpoint);
      for (const ClusterNode& replica : shard.replicas) add(replica.endpoint);
    }
  }
  std::ranges::shuffle(nodes, std::minstd_rand(std::random_device{}()));
  for (const auto& seed : seeds_) add(seed);
  ask(std::move(nodes), 0);
}

void ClusterRouter::ask(std::vector<remote::Endpoint> nodes, size_t next) {
  const Node node = make_asker(nodes[next], options(), remote::RemoteBackend::Kind::shared);
  Batch question{.commands = {{"CLUSTER", "SLOTS"}}, .options = {.timeout = patience()}};
  auto self = std::static_pointer_cast<ClusterRouter>(shared_from_this());
  node->submit(std::move(question), [self, nodes = std::move(nodes), next, node](BatchResult outcome) {
    const auto& reply = outcome.front();
    auto found = reply ? topology_from(*reply, node->endpoint()) : std::unexpected(reply.error());
    if (found && !found->shards.empty()) return self->take_topology(std::move(*found));
    if (next + 1 < nodes.size() && !self->is_closed()) return self->ask(nodes, next + 1);
    if (found) {
      return self->end_refresh(
          Error{ErrorCode::cluster_down, Outcome::not_done, "no node has a slot of the cluster"});
    }
    self->end_refresh(std::move(found.error()));
  });
}

void ClusterRouter::take_topology(Topology topology) {
  Pool kept;
  const auto keep = [&](const remote::Endpoint& endpoint, remote::ServerRole role) {
    Node node = pooled(endpoint, role);
    kept.emplace(PoolKey{endpoint.text(), role}, node);
    return node;
  };
  for (ClusterShard& shard : topology.shards) {
    shard.master.backend = keep(shard.master.endpoint, remote::ServerRole::any);
    for (ClusterNode& replica : shard.replicas) {
      replica.backend = keep(replica.endpoint, remote::ServerRole::cluster_replica);
    }
  }
  topology_.store(std::make_shared<const Topology>(std::move(topology)));
  keep_only(kept);
  end_refresh(std::nullopt);
}

}  // namespace redstart
