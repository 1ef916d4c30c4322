// READONLY: refused by a server by itself.
#include "execution/commands/single_node.h"

namespace redstart {
REDSTART_COMMAND(readonly) = {
    .name = "readonly",
    .summary = "Lets this connection read from a replica of a cluster.",
    .complexity = "O(1)",
    .since = "3.0.0",
    .group = CommandGroup::cluster,
    .arity = 1,
    .flags = kLoading | kStale | kFast,
    .acl_categories = "connection",
    .run = reply_no_cluster,
};

}  // namespace redstart
