// Topology: which node of a cluster has which slots, at one moment.
//
// Threads: immutable once it is shared.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "client/cluster/slot.h"
#include "client/remote/remote_backend.h"
#include "redstart/reply.h"
#include "redstart/result.h"

namespace redstart {

struct ClusterNode {
  std::string id;
  remote::Endpoint endpoint;
  std::shared_ptr<remote::RemoteBackend> backend = {};
};

// A master and its replicas.
struct ClusterShard {
  int lowest_slot = 0;
  ClusterNode master;
  std::vector<ClusterNode> replicas;
};

struct Topology {
  static constexpr uint16_t kNone = 0xffff;
  std::vector<ClusterShard> shards;            // by their lowest slots
  std::array<uint16_t, kSlots> shard_of_slot;  // an index of `shards`, or kNone

  // Null: nobody has it.
  const ClusterShard* shard_of(int slot) const;
};

// Out of the reply to CLUSTER SLOTS. A node that does not know its own address is where it was
// asked: `asked`. Errors: the server's, unexpected_reply.
result<Topology> topology_from(const Reply& reply, const remote::Endpoint& asked);

}  // namespace redstart
