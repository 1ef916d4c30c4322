// SUBSCRIBE
#include "execution/command_context.h"

namespace redstart {
namespace {

void run(CommandContext& c) {
  // IMPLEMENT
}

constexpr Argument kArguments[] = {
    {.name = "channel", .type = ArgumentType::string, .flags = kMultiple},
};

}  // namespace

const CommandSpec subscribe_command = {
    .name = "subscribe",
    .summary = "",
    .complexity = "O(N) where N is the number of channels to subscribe to.",
    .since = "2.0.0",
    .group = CommandGroup::pubsub,
    .arity = -2,
    .flags = kPubsub | kNoScript | kLoading | kStale,
    .arguments = kArguments,
    .run = run,
};

}  // namespace redstart
