// SAVE: the data goes to disk before the reply; other clients go on meanwhile.
#include "execution/command_context.h"
#include "execution/executor.h"
#include "execution/persistence.h"

namespace redstart {
namespace {

void run(CommandContext& c) {
  if (const auto error = c.executor().persistence().save()) return c.error(*error);
  c.reply().simple("OK");
}

}  // namespace

REDSTART_COMMAND(save) = {
    .name = "save",
    .summary = "Saves the data to disk, and replies when it is there.",
    .complexity = "O(N), N: keys of all databases",
    .since = "1.0.0",
    .group = CommandGroup::server,
    .arity = 1,
    .flags = kAdmin | kNoScript | kNoAsyncLoading | kNoMulti,
    .lock_scope = LockScope::self,
    .run = run,
};

}  // namespace redstart
