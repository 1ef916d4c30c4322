// QUIT
#include "execution/command_context.h"

namespace redstart {
namespace {

void run(CommandContext& c) {
  // IMPLEMENT
}



}  // namespace

const CommandSpec quit_command = {
    .name = "quit",
    .summary = "",
    .complexity = "O(1)",
    .since = "1.0.0",
    .group = CommandGroup::connection,
    .arity = -1,
    .flags = kNoScript | kLoading | kStale | kFast | kNoAuth | kAllowBusy,
    .acl_categories = "connection",
    .run = run,
};

}  // namespace redstart
