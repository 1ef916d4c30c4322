// What enable-debug-command and enable-module-command protect from clients.
//
// Threads: thread-safe.
#pragma once

#include <optional>
#include <string_view>

#include "command/spec.h"
#include "execution/executor.h"
#include "execution/session.h"

namespace redstart {

// Why the session may not call the command; it is not asked for any other permission before. Nothing for commands that
// are not protected, and for a caller in the process, who may do everything.
std::optional<std::string_view> protection_refusal(Executor& executor, const Session& session,
                                                   const CommandSpec& spec);

}  // namespace redstart
