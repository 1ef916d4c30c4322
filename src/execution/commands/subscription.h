// Subscribing, as the SUBSCRIBE family does it: a push for every name, with the number of
// subscriptions.
//
// Threads: as CommandContext.
#pragma once

#include <string_view>

#include "execution/command_context.h"
#include "execution/pubsub.h"

namespace redstart {

void subscribe(CommandContext& c, PubSub::Kind kind, std::string_view name);
// The names that the command gives, or all of the session.
void unsubscribe(CommandContext& c, PubSub::Kind kind);

}  // namespace redstart
