// SPUBLISH channel message: sends a message to who listens to a shard channel.
#include "execution/command_context.h"
#include "execution/executor.h"
#include "execution/pubsub.h"

namespace redstart {
namespace {

void run(CommandContext& c) {
  const size_t receivers = c.executor().pubsub().publish_to_shard(c.arg(1), c.arg(2));
  c.reply().integer(static_cast<int64_t>(receivers));
}

constexpr KeySpec kKeys[] = {
    {.flags = kKeyNotKey, .index = 1, .last = 0},
};

constexpr Argument kArguments[] = {
    {.name = "shardchannel", .type = ArgumentType::string},
    {.name = "message", .type = ArgumentType::string},
};

}  // namespace

REDSTART_COMMAND(spublish) = {
    .name = "spublish",
    .summary = "Sends a message to the subscribers of a shard channel.",
    .complexity = "O(N), N: subscribers of the shard channel",
    .since = "7.0.0",
    .group = CommandGroup::pubsub,
    .arity = 3,
    .flags = kPubsub | kLoading | kStale | kFast | kMayReplicate,
    .keys = kKeys,
    .arguments = kArguments,
    .run = run,
};

}  // namespace redstart
