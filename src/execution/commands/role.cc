// ROLE
#include "execution/command_context.h"

namespace redstart {
namespace {

void run(CommandContext& c) {
  // IMPLEMENT
}



}  // namespace

const CommandSpec role_command = {
    .name = "role",
    .summary = "",
    .complexity = "O(1)",
    .since = "2.8.12",
    .group = CommandGroup::server,
    .arity = 1,
    .flags = kNoScript | kLoading | kStale | kFast,
    .acl_categories = "admin dangerous",
    .run = run,
};

}  // namespace redstart
