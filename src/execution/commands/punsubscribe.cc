// PUNSUBSCRIBE [pattern ...]: stops listening to patterns, or to all.
#include "execution/command_context.h"
#include "execution/commands/subscription.h"

namespace redstart {
namespace {

void run(CommandContext& c) { unsubscribe(c, PubSub::Kind::pattern); }

constexpr Argument kArguments[] = {
    {.name = "pattern", .type = ArgumentType::pattern, .flags = kOptional | kMultiple},
};

}  // namespace

REDSTART_COMMAND(punsubscribe) = {
    .name = "punsubscribe",
    .summary = "Stops listening to the given patterns, or to all of them.",
    .complexity =
        "O(N*log(M)), N: patterns given, or all that the client has, M: patterns of all clients",
    .since = "2.0.0",
    .group = CommandGroup::pubsub,
    .arity = -1,
    .flags = kPubsub | kNoScript | kLoading | kStale,
    .arguments = kArguments,
    .run = run,
};

}  // namespace redstart
