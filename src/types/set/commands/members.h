// Random members of a set: taking them out (SPOP) and looking at them (SRANDMEMBER).
//
// Threads: as CommandContext.
#pragma once

#include "execution/command_context.h"

namespace redstart {

// SPOP without and with a count.
void run_pop_member(CommandContext& c);
void run_pop_members(CommandContext& c);
// SRANDMEMBER without and with a count.
void run_random_member(CommandContext& c);
void run_random_members(CommandContext& c);

}  // namespace redstart
