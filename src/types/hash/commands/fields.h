// What hash commands share: reading and setting several fields, random fields.
//
// Threads: as CommandContext.
#pragma once

#include "execution/command_context.h"

namespace redstart {

enum class HashPart : uint8_t { fields, values, both };
// HKEYS, HVALS, HGETALL.
void run_hash_contents(CommandContext& c, HashPart part);

enum class HashSetReply : uint8_t { created_count, ok };
// HSET, HMSET.
void run_hash_set(CommandContext& c, HashSetReply reply);

// HRANDFIELD with a count.
void run_random_fields(CommandContext& c);

}  // namespace redstart
