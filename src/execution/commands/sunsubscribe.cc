// SUNSUBSCRIBE [channel ...]: stops listening to shard channels, or to all.
#include "execution/command_context.h"
#include "execution/commands/subscription.h"

namespace redstart {
namespace {

void run(CommandContext& c) { unsubscribe(c, PubSub::Kind::shard_channel); }

constexpr KeySpec kKeys[] = {
    {.flags = kKeyNotKey, .index = 1, .last = -1},
};

constexpr Argument kArguments[] = {
    {.name = "shardchannel", .type = ArgumentType::string, .flags = kOptional | kMultiple},
};

}  // namespace

REDSTART_COMMAND(sunsubscribe) = {
    .name = "sunsubscribe",
    .summary = "Stops listening to the given shard channels, or to all of them.",
    .complexity = "O(N), N: shard channels given, or all that the client has",
    .since = "7.0.0",
    .group = CommandGroup::pubsub,
    .arity = -1,
    .flags = kPubsub | kNoScript | kLoading | kStale,
    .keys = kKeys,
    .arguments = kArguments,
    .run = run,
};

}  // namespace redstart
