// PUBLISH channel message: sends a message to who listens.
#include "execution/command_context.h"
#include "execution/executor.h"
#include "execution/pubsub.h"

namespace redstart {
namespace {

void run(CommandContext& c) {
  c.reply().integer(static_cast<int64_t>(c.executor().pubsub().publish(c.arg(1), c.arg(2))));
}

constexpr Argument kArguments[] = {
    {.name = "channel", .type = ArgumentType::string},
    {.name = "message", .type = ArgumentType::string},
};

}  // namespace

REDSTART_COMMAND(publish) = {
    .name = "publish",
    .summary = "Sends a message to the subscribers of a channel.",
    .complexity = "O(N + M), N: subscribers of the channel, M: patterns of all clients",
    .since = "2.0.0",
    .group = CommandGroup::pubsub,
    .arity = 3,
    .flags = kPubsub | kLoading | kStale | kFast | kMayReplicate,
    .arguments = kArguments,
    .run = run,
};

}  // namespace redstart
