// CLIENT TRACKING, CACHING, TRACKINGINFO and GETREDIR: see execution/tracking.h.
//
// Threads: as CommandContext.
#pragma once

#include "execution/command_context.h"

namespace redstart {

void run_client_caching(CommandContext& c);
void run_client_getredir(CommandContext& c);
void run_client_tracking(CommandContext& c);
void run_client_trackinginfo(CommandContext& c);

// Where a session's invalidations go: an id, 0 for itself, -1 when it does not track.
int64_t redirect_of(const Session& session);

}  // namespace redstart
