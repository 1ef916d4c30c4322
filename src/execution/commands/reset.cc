// RESET: brings the session back to the state of a new one.
#include "execution/acl/acl.h"
#include "execution/command_context.h"
#include "execution/executor.h"
#include "execution/monitors.h"
#include "execution/pubsub.h"
#include "execution/session.h"
#include "execution/tracking.h"
#include "execution/transaction.h"

namespace redstart {
namespace {

void run(CommandContext& c) {
  Session& session = c.session();
  Executor& executor = c.executor();
  discard_transaction(executor, session);
  executor.pubsub().detach(session);
  executor.monitors().remove(session);
  executor.tracking().disable(session);
  session.db = 0;
  session.shown_db.store(0, std::memory_order_relaxed);
  session.protocol = 2;
  session.shown_protocol.store(2, std::memory_order_relaxed);
  executor.acl().log_out(session);
  session.reply_off = session.reply_skip_next = session.reply_skip_this = false;
  session.no_evict = session.no_touch = false;
  {
    const std::lock_guard lock(session.mutex);
    session.name.clear();
  }
  c.reply().simple("RESET");
}

}  // namespace

REDSTART_COMMAND(reset) = {
    .name = "reset",
    .summary = "Forgets everything about the session but the connection itself.",
    .complexity = "O(1)",
    .since = "6.2.0",
    .group = CommandGroup::connection,
    .arity = 1,
    .flags = kNoScript | kLoading | kStale | kFast | kNoAuth | kAllowBusy,
    .acl_categories = "connection",
    .run = run,
};

}  // namespace redstart
