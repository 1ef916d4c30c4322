// DEBUG
#include "execution/command_context.h"

namespace redstart {
namespace {

void run(CommandContext& c) {
  // IMPLEMENT
}



}  // namespace

const CommandSpec debug_command = {
    .name = "debug",
    .summary = "",
    .complexity = "Depends on subcommand.",
    .since = "1.0.0",
    .group = CommandGroup::server,
    .arity = -2,
    .flags = kAdmin | kNoScript | kLoading | kStale,
    .run = run,
};

}  // namespace redstart
