// XRANGE and XREVRANGE.
//
// Threads: as CommandContext.
#pragma once

#include "execution/command_context.h"

namespace redstart {

void run_stream_range(CommandContext& c, bool from_end);

}  // namespace redstart
