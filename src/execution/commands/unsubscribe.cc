// UNSUBSCRIBE
#include "execution/command_context.h"

namespace redstart {
namespace {

void run(CommandContext& c) {
  // IMPLEMENT
}

constexpr Argument kArguments[] = {
    {.name = "channel", .type = ArgumentType::string, .flags = kOptional | kMultiple},
};

}  // namespace

const CommandSpec unsubscribe_command = {
    .name = "unsubscribe",
    .summary = "",
    .complexity = "O(N) where N is the number of clients already subscribed to a channel.",
    .since = "2.0.0",
    .group = CommandGroup::pubsub,
    .arity = -1,
    .flags = kPubsub | kNoScript | kLoading | kStale,
    .arguments = kArguments,
    .run = run,
};

}  // namespace redstart
