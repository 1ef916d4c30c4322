// ZSCAN.
//
// Threads: thread-compatible.
#pragma once

#include "execution/command_context.h"

namespace redstart {

// key cursor [MATCH pattern] [COUNT count]
void run_scan(CommandContext& c);

}  // namespace redstart
