// MULTI
#include "execution/command_context.h"

namespace redstart {
namespace {

void run(CommandContext& c) {
  // IMPLEMENT
}



}  // namespace

const CommandSpec multi_command = {
    .name = "multi",
    .summary = "",
    .complexity = "O(1)",
    .since = "1.2.0",
    .group = CommandGroup::transactions,
    .arity = 1,
    .flags = kNoScript | kLoading | kStale | kFast | kAllowBusy,
    .acl_categories = "transaction",
    .run = run,
};

}  // namespace redstart
