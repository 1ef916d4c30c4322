// UNWATCH: forgets the watched keys
#include "execution/command_context.h"
#include "execution/session.h"
#include "execution/transaction.h"

namespace redstart {
namespace {

void run(CommandContext& c) {
  // In a transaction the watches have been checked and forgotten before this runs.
  if (!c.access().locks().empty()) return c.reply().ok();
  forget_watches(c.executor(), c.session());
  c.reply().ok();
}



}  // namespace

REDSTART_COMMAND(unwatch) = {
    .name = "unwatch",
    .summary = "Forgets all watched keys",
    .complexity = "O(1)",
    .since = "2.2.0",
    .group = CommandGroup::transactions,
    .arity = 1,
    .flags = kNoScript | kLoading | kStale | kFast | kAllowBusy,
    .acl_categories = "transaction",
    .lock_scope = LockScope::self,
    .run = run,
};

}  // namespace redstart
