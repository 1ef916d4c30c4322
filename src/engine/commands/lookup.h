// Looking at keys as the generic commands do.
//
// Threads: as CommandContext.
#pragma once

#include <string_view>

#include "execution/command_context.h"

namespace redstart {

// Counts a hit or miss, but is no access that eviction should know of (EXISTS, TTL, TYPE, OBJECT).
inline const Entry* look_at(CommandContext& c, std::string_view key) {
  const Entry* entry = c.peek(key);
  const uint64_t hash = c.access().hash_of(key);
  Shard& shard = c.access().keyspace().shard(Keyspace::shard_index(hash));
  (entry ? shard.keyspace_hits : shard.keyspace_misses).add();
  return entry;
}

}  // namespace redstart
