// MONITOR: shows the session every command from now on.
#include "execution/command_context.h"
#include "execution/executor.h"
#include "execution/monitors.h"

namespace redstart {
namespace {

void run(CommandContext& c) {
  if (!c.may_block()) return c.error("ERR MONITOR isn't allowed for DENY BLOCKING client");
  c.executor().monitors().add(c.session());
  c.reply().ok();
}

}  // namespace

REDSTART_COMMAND(monitor) = {
    .name = "monitor",
    .summary = "Streams the commands of all clients to this one.",
    .complexity = "",
    .since = "1.0.0",
    .group = CommandGroup::server,
    .arity = 1,
    .flags = kAdmin | kNoScript | kLoading | kStale,
    .run = run,
};

}  // namespace redstart
