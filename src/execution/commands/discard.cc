// DISCARD
#include "execution/command_context.h"

namespace redstart {
namespace {

void run(CommandContext& c) {
  // IMPLEMENT
}



}  // namespace

const CommandSpec discard_command = {
    .name = "discard",
    .summary = "",
    .complexity = "O(N), when N is the number of queued commands",
    .since = "2.0.0",
    .group = CommandGroup::transactions,
    .arity = 1,
    .flags = kNoScript | kLoading | kStale | kFast | kAllowBusy,
    .acl_categories = "transaction",
    .run = run,
};

}  // namespace redstart
