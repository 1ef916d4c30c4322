// EXPIRE, TTL and their families: deadlines relative or absolute, in seconds or milliseconds.
//
// Threads: as CommandContext.
#pragma once

#include "execution/command_context.h"

namespace redstart {

enum class TimeUnit : uint8_t { seconds, milliseconds };
enum class TimeOrigin : uint8_t { now, epoch };

// key time [NX | XX | GT | LT]: gives a key a deadline, or deletes it when that has passed.
void set_key_deadline(CommandContext& c, TimeUnit unit, TimeOrigin origin);
// key: replies its deadline; -1: it has none, -2: there is no such key.
void reply_key_deadline(CommandContext& c, TimeUnit unit, TimeOrigin origin);

}  // namespace redstart
