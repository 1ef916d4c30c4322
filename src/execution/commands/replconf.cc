// REPLCONF name value [name value ...]: refused to who would be a replica.
#include "execution/commands/single_node.h"

namespace redstart {
namespace {

void run(CommandContext& c) {
  if (c.arg_count() % 2 == 0) return c.syntax_error();
  reply_no_replicas(c);
}

}  // namespace

REDSTART_COMMAND(replconf) = {
    .name = "replconf",
    .summary = "Tells a master what its replica is like.",
    .complexity = "O(1)",
    .since = "3.0.0",
    .group = CommandGroup::server,
    .arity = -1,
    .flags = kAdmin | kNoScript | kLoading | kStale | kAllowBusy,
    .run = run,
};

}  // namespace redstart
