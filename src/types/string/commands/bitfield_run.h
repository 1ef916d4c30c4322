// BITFIELD and BITFIELD_RO: a row of reads and writes of integers within one string.
//
// Threads: as CommandContext.
#pragma once

#include "execution/command_context.h"

namespace redstart {

// All words are read before the key is touched. BITFIELD_RO is not `may_write`.
void run_bitfield(CommandContext& c, bool may_write);

}  // namespace redstart
