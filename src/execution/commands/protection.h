// Whether a client may use what enable-debug-command and its kind protect.
//
// Threads: as CommandContext.
#pragma once

#include "execution/command_context.h"
#include "execution/config.h"

namespace redstart {

// The caller in the process may do everything; a connection what the directive says.
bool is_allowed_by(CommandContext& c, Config::ProtectedAction directive);

}  // namespace redstart
