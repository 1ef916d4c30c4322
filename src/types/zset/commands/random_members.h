// ZRANDMEMBER.
//
// Threads: thread-compatible.
#pragma once

#include "execution/command_context.h"

namespace redstart {

// key [count [WITHSCORES]]
void run_sorted_set_random_members(CommandContext& c);

}  // namespace redstart
