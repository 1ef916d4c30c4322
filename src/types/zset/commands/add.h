// ZADD and ZINCRBY: both add or change members under conditions.
//
// Threads: thread-compatible.
#pragma once

#include "execution/command_context.h"

namespace redstart {

// Runs the command; `increments` as if INCR were among the options.
void run_zadd(CommandContext& c, bool increments);

}  // namespace redstart
