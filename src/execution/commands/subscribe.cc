// SUBSCRIBE channel [channel ...]: listens to channels.
#include "execution/command_context.h"
#include "execution/commands/subscription.h"

namespace redstart {
namespace {

void run(CommandContext& c) {
  for (size_t i = 1; i < c.arg_count(); ++i) subscribe(c, PubSub::Kind::channel, c.arg(i));
}

constexpr Argument kArguments[] = {
    {.name = "channel", .type = ArgumentType::string, .flags = kMultiple},
};

}  // namespace

REDSTART_COMMAND(subscribe) = {
    .name = "subscribe",
    .summary = "Starts listening to messages of the given channels.",
    .complexity = "O(N), N: channels given",
    .since = "2.0.0",
    .group = CommandGroup::pubsub,
    .arity = -2,
    .flags = kPubsub | kNoScript | kLoading | kStale,
    .arguments = kArguments,
    .run = run,
};

}  // namespace redstart
