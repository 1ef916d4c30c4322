// Unions, intersections and differences of sorted sets and plain sets (whose members count as
// scored 1).
//
// Threads: thread-compatible.
#pragma once

#include "execution/command_context.h"

namespace redstart {

enum class ZsetOperation : uint8_t { union_, intersection, difference };

// ZUNION, ZINTER, ZDIFF: numkeys, keys, options.
void run_algebra(CommandContext& c, ZsetOperation operation);
// ZUNIONSTORE, ZINTERSTORE, ZDIFFSTORE: the same behind a destination.
void run_algebra_store(CommandContext& c, ZsetOperation operation);
// ZINTERCARD.
void run_intersection_size(CommandContext& c);

}  // namespace redstart
