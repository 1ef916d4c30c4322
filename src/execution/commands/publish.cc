// PUBLISH
#include "execution/command_context.h"

namespace redstart {
namespace {

void run(CommandContext& c) {
  // IMPLEMENT
}

constexpr Argument kArguments[] = {
    {.name = "channel", .type = ArgumentType::string},
    {.name = "message", .type = ArgumentType::string},
};

}  // namespace

const CommandSpec publish_command = {
    .name = "publish",
    .summary = "",
    .complexity = "O(N+M) where N is the number of clients subscribed to the receiving channel and M is the total number of subscribed patterns (by any client).",
    .since = "2.0.0",
    .group = CommandGroup::pubsub,
    .arity = 3,
    .flags = kPubsub | kLoading | kStale | kFast,
    .arguments = kArguments,
    .run = run,
};

}  // namespace redstart
