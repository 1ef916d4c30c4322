// ROLE: the place in replication.
#include "execution/command_context.h"

namespace redstart {
namespace {

void run(CommandContext& c) {
  c.reply().array(3);
  c.reply().bulk("master");
  c.reply().integer(0);
  c.reply().array(0);
}

}  // namespace

REDSTART_COMMAND(role) = {
    .name = "role",
    .summary = "Tells whether this is a master or a replica, and of whom.",
    .complexity = "O(1)",
    .since = "2.8.12",
    .group = CommandGroup::server,
    .arity = 1,
    .flags = kNoScript | kLoading | kStale | kFast,
    .acl_categories = "admin dangerous",
    .run = run,
};

}  // namespace redstart
