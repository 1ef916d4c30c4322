// What a server by itself replies to commands about clusters and replicas, as a Redis server without
// either does.
//
// Threads: as CommandContext.
#pragma once

#include "execution/command_context.h"

namespace redstart {

// CLUSTER and its kind.
void reply_no_cluster(CommandContext& c);
// PSYNC and what else a replica sends to the master that it takes this server for.
void reply_no_replicas(CommandContext& c);
// REPLICAOF and SLAVEOF: NO ONE is what this server is already; it follows nobody.
void follow_or_lead(CommandContext& c);

}  // namespace redstart
