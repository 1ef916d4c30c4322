// DISCARD: drops the queued commands
#include "execution/command_context.h"
#include "execution/session.h"
#include "execution/transaction.h"

namespace redstart {
namespace {

void run(CommandContext& c) {
  if (!c.session().in_multi) return c.error("ERR DISCARD without MULTI");
  discard_transaction(c.executor(), c.session());
  c.reply().ok();
}



}  // namespace

REDSTART_COMMAND(discard) = {
    .name = "discard",
    .summary = "Drops the commands queued since MULTI",
    .complexity = "O(N), N: queued commands",
    .since = "2.0.0",
    .group = CommandGroup::transactions,
    .arity = 1,
    .flags = kNoScript | kLoading | kStale | kFast | kAllowBusy,
    .acl_categories = "transaction",
    .run = run,
};

}  // namespace redstart
