// How the reply to a command is made of the replies of the servers that got a part of it.
//
// Threads: thread-safe.
#pragma once

#include <vector>

#include "client/routing/router.h"

namespace redstart {

// One result per part of the route. When a part failed: its error, which says whether others may
// have been executed.
result<Reply> gather(const Route& route, std::vector<result<Reply>> parts, bool is_read_only);

}  // namespace redstart
