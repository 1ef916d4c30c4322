// EXEC
#include "execution/command_context.h"

namespace redstart {
namespace {

void run(CommandContext& c) {
  // IMPLEMENT
}



}  // namespace

const CommandSpec exec_command = {
    .name = "exec",
    .summary = "",
    .complexity = "Depends on commands in the transaction",
    .since = "1.2.0",
    .group = CommandGroup::transactions,
    .arity = 1,
    .flags = kNoScript | kLoading | kStale | kSkipSlowlog,
    .acl_categories = "transaction",
    .run = run,
};

}  // namespace redstart
