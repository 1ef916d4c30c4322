// The popping commands: ZPOPMIN, ZPOPMAX, ZMPOP and those that wait: BZPOPMIN, BZPOPMAX, BZMPOP.
//
// Threads: thread-compatible.
#pragma once

#include "execution/command_context.h"

namespace redstart {

enum class ZsetEnd : uint8_t { lowest, highest };

// key [count]
void run_pop(CommandContext& c, ZsetEnd end);
// key ... timeout
void run_blocking_pop(CommandContext& c, ZsetEnd end);
// numkeys key ... MIN|MAX [COUNT count]
void run_multi_pop(CommandContext& c);
// timeout, then as ZMPOP
void run_blocking_multi_pop(CommandContext& c);

}  // namespace redstart
