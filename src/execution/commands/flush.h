// Emptying databases, as FLUSHALL and FLUSHDB do it.
//
// Threads: as CommandContext.
#pragma once

#include "execution/command_context.h"

namespace redstart {

// Whether the keys are freed after the reply (ASYNC); false: the error has been replied.
bool parse_flush_mode(CommandContext& c, bool& lazily);
// REQUIRES: every shard is locked.
void flush_database(CommandContext& c, int db, bool lazily);
// All databases; clients that keep copies are told so. REQUIRES: the same.
void flush_all(CommandContext& c, bool lazily);

}  // namespace redstart
