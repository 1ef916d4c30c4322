// ECHO message: replies the message.
#include "execution/command_context.h"

namespace redstart {
namespace {

void run(CommandContext& c) { c.reply().bulk(c.arg(1)); }

constexpr Argument kArguments[] = {
    {.name = "message", .type = ArgumentType::string},
};

}  // namespace

REDSTART_COMMAND(echo) = {
    .name = "echo",
    .summary = "Replies its argument.",
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
