// SUNSUBSCRIBE
#include "execution/command_context.h"

namespace redstart {
namespace {

void run(CommandContext& c) {
  // IMPLEMENT
}

constexpr KeySpec kKeys[] = {
    {.flags = kKeyNotKey, .index = 1, .last = -1},
};

constexpr Argument kArguments[] = {
    {.name = "shardchannel", .type = ArgumentType::string, .flags = kOptional | kMultiple},
};

}  // namespace

const CommandSpec sunsubscribe_command = {
    .name = "sunsubscribe",
    .summary = "",
    .complexity = "O(N) where N is the number of clients already subscribed to a shard channel.",
    .since = "7.0.0",
    .group = CommandGroup::pubsub,
    .arity = -1,
    .flags = kPubsub | kNoScript | kLoading | kStale,
    .keys = kKeys,
    .arguments = kArguments,
    .run = run,
};

}  // namespace redstart
