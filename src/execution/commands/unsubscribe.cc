// UNSUBSCRIBE [channel ...]: stops listening to channels, or to all.
#include "execution/command_context.h"
#include "execution/commands/subscription.h"

namespace redstart {
namespace {

void run(CommandContext& c) { unsubscribe(c, PubSub::Kind::channel); }

constexpr Argument kArguments[] = {
    {.name = "channel", .type = ArgumentType::string, .flags = kOptional | kMultiple},
};

}  // namespace

REDSTART_COMMAND(unsubscribe) = {
    .name = "unsubscribe",
    .summary = "Stops listening to the given channels, or to all of them.",
    .complexity = "O(N), N: channels given, or all that the client has",
    .since = "2.0.0",
    .group = CommandGroup::pubsub,
    .arity = -1,
    .flags = kPubsub | kNoScript | kLoading | kStale,
    .arguments = kArguments,
    .run = run,
};

}  // namespace redstart
