// QUIT: replies OK and closes the connection.
#include "execution/command_context.h"
#include "execution/session.h"

namespace redstart {
namespace {

void run(CommandContext& c) {
  c.session().close_after_reply = true;
  c.reply().ok();
}

}  // namespace

REDSTART_COMMAND(quit) = {
    .name = "quit",
    .summary = "Closes the connection once everything before it has been replied to.",
    .complexity = "O(1)",
    .since = "1.0.0",
    .group = CommandGroup::connection,
    .arity = -1,
    .flags = kNoScript | kLoading | kStale | kFast | kNoAuth | kAllowBusy,
    .acl_categories = "connection",
    .run = run,
};

}  // namespace redstart
