// Union, intersection and difference of sets.
//
// Threads: as CommandContext.
#pragma once

#include "execution/command_context.h"

namespace redstart {

enum class SetOperation : uint8_t { unite, intersect, subtract };
// SUNION, SINTER, SDIFF: over the sets in arguments 1 to the last.
void run_set_algebra(CommandContext& c, SetOperation operation);
// The same with the result stored in argument 1.
void run_set_algebra_store(CommandContext& c, SetOperation operation);
// SINTERCARD.
void run_set_intersection_size(CommandContext& c);

}  // namespace redstart
