// EXEC: runs the queued commands as one
#include "execution/command_context.h"
#include "execution/session.h"
#include "execution/transaction.h"

namespace redstart {
namespace {

void run(CommandContext& c) {
  execute_transaction(c);
}



}  // namespace

REDSTART_COMMAND(exec) = {
    .name = "exec",
    .summary = "Runs the commands queued since MULTI as one",
    .complexity = "That of the queued commands, one after the other",
    .since = "1.2.0",
    .group = CommandGroup::transactions,
    .arity = 1,
    .flags = kNoScript | kLoading | kStale | kSkipSlowlog,
    .acl_categories = "transaction",
    .lock_scope = LockScope::self,
    .run = run,
};

}  // namespace redstart
