// Looking at keys as the generic commands do.
//
// Threads: as CommandContext.
#pragma once

#include <string_view>

#include "execution/command_context.h"

namespace redstart {

// Counts a hit or miss, but is no access that eviction should know of, and a miss is not told (OBJECT).
inline const Entry* look_at_quietly(CommandContext& c, std::string_view key) {
  const Entry* entry = c.peek(key);
  const uint64_t hash = c.access().hash_of(key);
  Shard& shard = c.access().keyspace().shard(Keyspace::shard_index(hash));
  (entry ? shard.keyspace_hits : shard.keyspace_misses).add();
  return entry;
}

// The same, and a miss is told (EXISTS, TTL, TYPE).
inline const Entry* look_at(CommandContext& c, std::string_view key) {
  const Entry* entry = look_at_quietly(c, key);
  if (!entry) c.access().tell({c.db(), key, EventClass::key_miss, "keymiss"});
  return entry;
}

}  // namespace redstart
