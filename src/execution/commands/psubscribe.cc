// PSUBSCRIBE
#include "execution/command_context.h"

namespace redstart {
namespace {

void run(CommandContext& c) {
  // IMPLEMENT
}

constexpr Argument kArgumentsPattern[] = {
    {.name = "pattern", .type = ArgumentType::pattern},
};

constexpr Argument kArguments[] = {
    {.name = "pattern", .type = ArgumentType::block, .flags = kMultiple, .children = kArgumentsPattern},
};

}  // namespace

const CommandSpec psubscribe_command = {
    .name = "psubscribe",
    .summary = "",
    .complexity = "O(N) where N is the number of patterns the client is already subscribed to.",
    .since = "2.0.0",
    .group = CommandGroup::pubsub,
    .arity = -2,
    .flags = kPubsub | kNoScript | kLoading | kStale,
    .arguments = kArguments,
    .run = run,
};

}  // namespace redstart
