// ASKING: refused by a server by itself.
#include "execution/commands/single_node.h"

namespace redstart {
REDSTART_COMMAND(asking) = {
    .name = "asking",
    .summary = "Lets the next command into a slot that is being taken over.",
    .complexity = "O(1)",
    .since = "3.0.0",
    .group = CommandGroup::cluster,
    .arity = 1,
    .flags = kFast,
    .acl_categories = "connection",
    .run = reply_no_cluster,
};

}  // namespace redstart
