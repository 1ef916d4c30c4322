// SWAPDB
#include "execution/command_context.h"

namespace redstart {
namespace {

void run(CommandContext& c) {
  // IMPLEMENT
}

constexpr Argument kArguments[] = {
    {.name = "index1", .type = ArgumentType::integer},
    {.name = "index2", .type = ArgumentType::integer},
};

}  // namespace

const CommandSpec swapdb_command = {
    .name = "swapdb",
    .summary = "",
    .complexity = "O(N) where N is the count of clients watching or blocking on keys from both databases.",
    .since = "4.0.0",
    .group = CommandGroup::server,
    .arity = 3,
    .flags = kWrite | kFast,
    .acl_categories = "dangerous keyspace",
    .arguments = kArguments,
    .run = run,
};

}  // namespace redstart
