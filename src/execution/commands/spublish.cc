// SPUBLISH
#include "execution/command_context.h"

namespace redstart {
namespace {

void run(CommandContext& c) {
  // IMPLEMENT
}

constexpr KeySpec kKeys[] = {
    {.flags = kKeyNotKey, .index = 1, .last = 0},
};

constexpr Argument kArguments[] = {
    {.name = "shardchannel", .type = ArgumentType::string},
    {.name = "message", .type = ArgumentType::string},
};

}  // namespace

const CommandSpec spublish_command = {
    .name = "spublish",
    .summary = "",
    .complexity = "O(N) where N is the number of clients subscribed to the receiving shard channel.",
    .since = "7.0.0",
    .group = CommandGroup::pubsub,
    .arity = 3,
    .flags = kPubsub | kLoading | kStale | kFast,
    .keys = kKeys,
    .arguments = kArguments,
    .run = run,
};

}  // namespace redstart
