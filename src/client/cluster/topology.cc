#include "client/cluster/topology.h"

#include <algorithm>
#include <map>

namespace redstart {
namespace {

std::unexpected<Error> unexpected_reply(const Reply& reply) {
  return std::unexpected(Error{ErrorCode::unexpected_reply, Outcome::not_done,
                               "CLUSTER SLOTS answered what it never should: " + to_string(reply)});
}

// [address, port, id, ...]. A node of unknown address ("?") has no endpoint.
ClusterNode node_from(const Reply& reply, const remote::Endpoint& asked) {
  ClusterNode node;
  node.endpoint.host = reply[0].text().empty() ? asked.host : reply[0].text();
  node.endpoint.port = static_cast<uint16_t>(reply[1].as_integer());
  if (node.endpoint.host == "?") node.endpoint = {};
  node.id = reply.size() > 2 ? reply[2].text() : node.endpoint.text();
  return node;
}

bool is_node(const Reply& reply) { return reply.is_aggregate() && reply.size() >= 2; }

}  // namespace

const ClusterShard* Topology::shard_of(int slot) const {
  const uint16_t index = shard_of_slot[static_cast<size_t>(slot)];
  return index == kNone ? nullptr : &shards[index];
}

result<Topology> topology_from(const Reply& reply, const remote::Endpoint& asked) {
  if (reply.is_error()) return std::unexpected(error_from_reply(reply.text()));
  if (!reply.is_aggregate()) return unexpected_reply(reply);
  std::map<std::string, ClusterShard> by_master;
  std::vector<std::pair<std::pair<int64_t, int64_t>, std::string>> ranges;
  for (const Reply& range : reply.elements()) {
    if (!range.is_aggregate() || range.size() < 3 ||
        !std::all_of(range.elements().begin() + 2, range.elements().end(), is_node)) {
      return unexpected_reply(reply);
    }
    const int64_t first = range[0].as_integer(), last = range[1].as_integer();
    if (first < 0 || last >= kSlots || first > last) return unexpected_reply(reply);
    ClusterNode master = node_from(range[2], asked);
    ranges.push_back({{first, last}, master.id});
    auto [place, is_new] = by_master.try_emplace(master.id);
    ClusterShard& shard = place->second;
    shard.lowest_slot =
        is_new ? static_cast<int>(first) : std::min(shard.lowest_slot, static_cast<int>(first));
    if (!is_new) continue;
    shard.master = std::move(master);
    for (size_t i = 3; i < range.size(); ++i) {
      ClusterNode replica = node_from(range[i], asked);
      if (!replica.endpoint.host.empty()) shard.replicas.push_back(std::move(replica));
    }
  }
  Topology topology;
  for (auto& [id, shard] : by_master) {
    if (!shard.master.endpoint.host.empty()) topology.shards.push_back(std::move(shard));
  }
  std::ranges::sort(topology.shards, {}, &ClusterShard::lowest_slot);
  topology.shard_of_slot.fill(Topology::kNone);
  for (const auto& [range, id] : ranges) {
    const auto shard =
        std::ranges::find_if(topology.shards, [&](const auto& one) { return one.master.id == id; });
    if (shard == topology.shards.end()) continue;
    std::fill(topology.shard_of_slot.begin() + range.first,
              topology.shard_of_slot.begin() + range.second + 1,
              static_cast<uint16_t>(shard - topology.shards.begin()));
  }
  return topology;
}

}  // namespace redstart
