// SELECT
#include "execution/command_context.h"

namespace redstart {
namespace {

void run(CommandContext& c) {
  // IMPLEMENT
}

constexpr Argument kArguments[] = {
    {.name = "index", .type = ArgumentType::integer},
};

}  // namespace

const CommandSpec select_command = {
    .name = "select",
    .summary = "",
    .complexity = "O(1)",
    .since = "1.0.0",
    .group = CommandGroup::connection,
    .arity = 2,
    .flags = kLoading | kStale | kFast,
    .acl_categories = "connection",
    .arguments = kArguments,
    .run = run,
};

}  // namespace redstart
