// SWAPDB first second: exchanges two databases.
#include "execution/command_context.h"
#include "execution/commands/replies.h"
#include "execution/executor.h"
#include "execution/tracking.h"

namespace redstart {
namespace {

void run(CommandContext& c) {
  int first, second;
  if (!parse_int(c, 1, first, "invalid first DB index")) return;
  if (!parse_int(c, 2, second, "invalid second DB index")) return;
  const int count = c.access().keyspace().database_count();
  if (first < 0 || first >= count || second < 0 || second >= count) {
    return c.error("ERR DB index is out of range");
  }
  if (first != second) {
    c.access().swap_databases(first, second);
    // Every key of both may have another value now. (Redis forgets to say so.)
    c.executor().tracking().flush(c.session());
  }
  c.reply().ok();
}

constexpr Argument kArguments[] = {
    {.name = "index1", .type = ArgumentType::integer},
    {.name = "index2", .type = ArgumentType::integer},
};

}  // namespace

REDSTART_COMMAND(swapdb) = {
    .name = "swapdb",
    .summary = "Exchanges the contents of two databases, for all clients at once.",
    .complexity = "O(N), N: clients that watch or wait for keys of either database",
    .since = "4.0.0",
    .group = CommandGroup::server,
    .arity = 3,
    .flags = kWrite | kFast,
    .acl_categories = "dangerous keyspace",
    .lock_scope = LockScope::keyspace,
    .arguments = kArguments,
    .run = run,
};

}  // namespace redstart
