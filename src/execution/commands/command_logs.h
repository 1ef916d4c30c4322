// What SLOWLOG and COMMANDLOG share: listing, counting and emptying a log of commands.
//
// Threads: as CommandContext.
#pragma once

#include "execution/command_context.h"
#include "execution/slow_log.h"

namespace redstart {

// The newest `count` entries, -1: all of them; `count` is argument `index`.
bool parse_log_count(CommandContext& c, size_t index, int64_t& count);
void reply_log(CommandContext& c, const SlowLog& log, int64_t count);
void reply_log_size(CommandContext& c, const SlowLog& log);
void empty_log(CommandContext& c, SlowLog& log);

}  // namespace redstart
