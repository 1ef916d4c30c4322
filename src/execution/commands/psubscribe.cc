// PSUBSCRIBE pattern [pattern ...]: listens to all channels that match.
#include "execution/command_context.h"
#include "execution/commands/subscription.h"

namespace redstart {
namespace {

void run(CommandContext& c) {
  for (size_t i = 1; i < c.arg_count(); ++i) subscribe(c, PubSub::Kind::pattern, c.arg(i));
}

constexpr Argument kArgumentsPattern[] = {
    {.name = "pattern", .type = ArgumentType::pattern},
};

constexpr Argument kArguments[] = {
    {.name = "pattern",
     .type = ArgumentType::block,
     .flags = kMultiple,
     .children = kArgumentsPattern},
};

}  // namespace

REDSTART_COMMAND(psubscribe) = {
    .name = "psubscribe",
    .summary = "Starts listening to messages of the channels that match the given patterns.",
    .complexity = "O(N), N: patterns given and those that the client has",
    .since = "2.0.0",
    .group = CommandGroup::pubsub,
    .arity = -2,
    .flags = kPubsub | kNoScript | kLoading | kStale,
    .arguments = kArguments,
    .run = run,
};

}  // namespace redstart
