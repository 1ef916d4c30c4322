// note_read: for commands that change a key and, in Redis, look at it as a reader does first.
//
// Threads: shard-local.
#pragma once

#include <string_view>

#include "execution/command_context.h"

namespace redstart {

// Counts the look as a hit or a miss, and tells of a miss. Replies nothing.
inline void note_read(CommandContext& c, bool exists, std::string_view key) {
  Access& access = c.access();
  Shard& shard = access.keyspace().shard(Keyspace::shard_index(access.hash_of(key)));
  exists ? shard.keyspace_hits.add() : access.note_miss(shard, c.db(), key);
}

}  // namespace redstart
