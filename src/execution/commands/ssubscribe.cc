// SSUBSCRIBE channel [channel ...]: listens to shard channels.
#include "execution/command_context.h"
#include "execution/commands/subscription.h"

namespace redstart {
namespace {

void run(CommandContext& c) {
  if (!c.may_block()) return c.error("ERR SSUBSCRIBE isn't allowed for a DENY BLOCKING client");
  for (size_t i = 1; i < c.arg_count(); ++i) subscribe(c, PubSub::Kind::shard_channel, c.arg(i));
}

constexpr KeySpec kKeys[] = {
    {.flags = kKeyNotKey, .index = 1, .last = -1},
};

constexpr Argument kArguments[] = {
    {.name = "shardchannel", .type = ArgumentType::string, .flags = kMultiple},
};

}  // namespace

REDSTART_COMMAND(ssubscribe) = {
    .name = "ssubscribe",
    .summary = "Starts listening to messages of the given shard channels.",
    .complexity = "O(N), N: shard channels given",
    .since = "7.0.0",
    .group = CommandGroup::pubsub,
    .arity = -2,
    .flags = kPubsub | kNoScript | kLoading | kStale,
    .keys = kKeys,
    .arguments = kArguments,
    .run = run,
};

}  // namespace redstart
