// PUNSUBSCRIBE
#include "execution/command_context.h"

namespace redstart {
namespace {

void run(CommandContext& c) {
  // IMPLEMENT
}

constexpr Argument kArguments[] = {
    {.name = "pattern", .type = ArgumentType::pattern, .flags = kOptional | kMultiple},
};

}  // namespace

const CommandSpec punsubscribe_command = {
    .name = "punsubscribe",
    .summary = "",
    .complexity = "O(N+M) where N is the number of patterns the client is already subscribed and M is the number of total patterns subscribed in the system (by any client).",
    .since = "2.0.0",
    .group = CommandGroup::pubsub,
    .arity = -1,
    .flags = kPubsub | kNoScript | kLoading | kStale,
    .arguments = kArguments,
    .run = run,
};

}  // namespace redstart
