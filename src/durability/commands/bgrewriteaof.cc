// BGREWRITEAOF: the log is made anew from the data as it is, in the background.
#include "execution/command_context.h"
#include "execution/executor.h"
#include "execution/persistence.h"

namespace redstart {
namespace {

void run(CommandContext& c) {
  const auto is_scheduled = c.executor().persistence().start_rewrite();
  if (!is_scheduled) return c.error(is_scheduled.error());
  c.reply().simple(*is_scheduled ? "Background append only file rewriting scheduled"
                                 : "Background append only file rewriting started");
}

}  // namespace

REDSTART_COMMAND(bgrewriteaof) = {
    .name = "bgrewriteaof",
    .summary = "Makes the log anew from the data as it is, in the background.",
    .complexity = "O(1)",
    .since = "1.0.0",
    .group = CommandGroup::server,
    .arity = 1,
    .flags = kAdmin | kNoScript | kNoAsyncLoading,
    .run = run,
};

}  // namespace redstart
