// RESET
#include "execution/command_context.h"

namespace redstart {
namespace {

void run(CommandContext& c) {
  // IMPLEMENT
}



}  // namespace

const CommandSpec reset_command = {
    .name = "reset",
    .summary = "",
    .complexity = "O(1)",
    .since = "6.2.0",
    .group = CommandGroup::connection,
    .arity = 1,
    .flags = kNoScript | kLoading | kStale | kFast | kNoAuth | kAllowBusy,
    .acl_categories = "connection",
    .run = run,
};

}  // namespace redstart
