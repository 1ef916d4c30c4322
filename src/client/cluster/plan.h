// What a cluster is to do with a command: which slots it concerns, how it is split, how the replies
// come together. Out of the command table's key specifications and tips.
//
// Threads: thread-safe.
#pragma once

#include "client/cluster/topology.h"
#include "client/routing/router.h"
#include "redstart/client.h"

namespace redstart {

// One server's, with these keys' slot (kAnySlot: any server's). Nothing: it is not that simple.
std::optional<int> simple_slot(WordSpan words);

// Errors: cross_slot, invalid_argument (a cursor that is none of ours).
result<Route> plan(WordSpan words, const Topology& topology);

// The slot of all keys of the commands; kAnySlot: there are no keys. Errors: cross_slot.
result<int> common_slot_of(const std::vector<std::vector<std::string>>& commands);
result<int> common_slot_of(WordSpan words);

}  // namespace redstart
