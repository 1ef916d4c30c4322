// MONITOR
#include "execution/command_context.h"

namespace redstart {
namespace {

void run(CommandContext& c) {
  // IMPLEMENT
}



}  // namespace

const CommandSpec monitor_command = {
    .name = "monitor",
    .summary = "",
    .complexity = "",
    .since = "1.0.0",
    .group = CommandGroup::server,
    .arity = 1,
    .flags = kAdmin | kNoScript | kLoading | kStale,
    .run = run,
};

}  // namespace redstart
