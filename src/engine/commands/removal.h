// DEL and UNLINK.
//
// Threads: as CommandContext.
#pragma once

#include "execution/command_context.h"

namespace redstart {

// Removes the command's keys and replies how many there were. `later`: big values are freed when no
// client waits.
void remove_keys(CommandContext& c, bool later);

}  // namespace redstart
