// SYNC: refused, there is no stream of changes to follow.
#include "execution/commands/single_node.h"

namespace redstart {
REDSTART_COMMAND(sync) = {
    .name = "sync",
    .summary = "Asks for all data and the stream of changes.",
    .complexity = "",
    .since = "1.0.0",
    .group = CommandGroup::server,
    .arity = 1,
    .flags = kAdmin | kNoScript | kNoAsyncLoading | kNoMulti,
    .run = reply_no_replicas,
};

}  // namespace redstart
