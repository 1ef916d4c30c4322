// MULTI: the commands that follow are queued until EXEC
#include "execution/command_context.h"
#include "execution/session.h"
#include "execution/transaction.h"

namespace redstart {
namespace {

void run(CommandContext& c) {
  Session& session = c.session();
  if (session.in_multi) return c.error("ERR MULTI calls can not be nested");
  session.in_multi = true;
  session.multi_failed = false;
  session.shown_multi.store(0, std::memory_order_relaxed);
  c.reply().ok();
}



}  // namespace

REDSTART_COMMAND(multi) = {
    .name = "multi",
    .summary = "Starts a transaction: queues what follows until EXEC",
    .complexity = "O(1)",
    .since = "1.2.0",
    .group = CommandGroup::transactions,
    .arity = 1,
    .flags = kNoScript | kLoading | kStale | kFast | kAllowBusy,
    .acl_categories = "transaction",
    .run = run,
};

}  // namespace redstart
