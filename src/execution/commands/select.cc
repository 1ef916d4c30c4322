// SELECT index: changes the session's database.
#include "execution/command_context.h"
#include "execution/commands/replies.h"
#include "execution/executor.h"
#include "execution/session.h"

namespace redstart {
namespace {

void run(CommandContext& c) {
  int db;
  if (!parse_int(c, 1, db)) return;
  if (db < 0 || db >= c.executor().keyspace().database_count()) {
    return c.error("ERR DB index is out of range");
  }
  c.session().db = db;
  c.session().shown_db.store(db, std::memory_order_relaxed);
  c.reply().ok();
}

constexpr Argument kArguments[] = {
    {.name = "index", .type = ArgumentType::integer},
};

}  // namespace

REDSTART_COMMAND(select) = {
    .name = "select",
    .summary = "Selects the database that the following commands work on.",
    .complexity = "O(1)",
    .since = "1.0.0",
    .group = CommandGroup::connection,
    .arity = 2,
    .flags = kLoading | kStale | kFast,
    .acl_categories = "connection",
    .arguments = kArguments,
    .run = run,
};

}  // namespace redstart
