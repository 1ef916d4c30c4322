// SSUBSCRIBE
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
    {.name = "shardchannel", .type = ArgumentType::string, .flags = kMultiple},
};

}  // namespace

const CommandSpec ssubscribe_command = {
    .name = "ssubscribe",
    .summary = "",
    .complexity = "O(N) where N is the number of shard channels to subscribe to.",
    .since = "7.0.0",
    .group = CommandGroup::pubsub,
    .arity = -2,
    .flags = kPubsub | kNoScript | kLoading | kStale,
    .keys = kKeys,
    .arguments = kArguments,
    .run = run,
};

}  // namespace redstart
