// PUBSUB
#include "execution/command_context.h"

namespace redstart {
namespace {

void run_channels(CommandContext& c) {
  // IMPLEMENT
}

void run_help(CommandContext& c) {
  // IMPLEMENT
}

void run_numpat(CommandContext& c) {
  // IMPLEMENT
}

void run_numsub(CommandContext& c) {
  // IMPLEMENT
}

void run_shardchannels(CommandContext& c) {
  // IMPLEMENT
}

void run_shardnumsub(CommandContext& c) {
  // IMPLEMENT
}

constexpr Argument kPubsubChannelsArguments[] = {
    {.name = "pattern", .type = ArgumentType::pattern, .flags = kOptional},
};

constexpr Argument kPubsubNumsubArguments[] = {
    {.name = "channel", .type = ArgumentType::string, .flags = kOptional | kMultiple},
};

constexpr Argument kPubsubShardchannelsArguments[] = {
    {.name = "pattern", .type = ArgumentType::pattern, .flags = kOptional},
};

constexpr Argument kPubsubShardnumsubArguments[] = {
    {.name = "shardchannel", .type = ArgumentType::string, .flags = kOptional | kMultiple},
};

constexpr CommandSpec kSubcommands[] = {
    {.name = "channels",
     .summary = "",
     .complexity = "O(N) where N is the number of active channels, and assuming constant time pattern matching (relatively short channels and patterns)",
     .since = "2.8.0",
     .group = CommandGroup::pubsub,
     .arity = -2,
     .flags = kPubsub | kLoading | kStale,
     .arguments = kPubsubChannelsArguments,
     .run = run_channels},
    {.name = "help",
     .summary = "",
     .complexity = "O(1)",
     .since = "6.2.0",
     .group = CommandGroup::pubsub,
     .arity = 2,
     .flags = kLoading | kStale,
     .run = run_help},
    {.name = "numpat",
     .summary = "",
     .complexity = "O(1)",
     .since = "2.8.0",
     .group = CommandGroup::pubsub,
     .arity = 2,
     .flags = kPubsub | kLoading | kStale,
     .run = run_numpat},
    {.name = "numsub",
     .summary = "",
     .complexity = "O(N) for the NUMSUB subcommand, where N is the number of requested channels",
     .since = "2.8.0",
     .group = CommandGroup::pubsub,
     .arity = -2,
     .flags = kPubsub | kLoading | kStale,
     .arguments = kPubsubNumsubArguments,
     .run = run_numsub},
    {.name = "shardchannels",
     .summary = "",
     .complexity = "O(N) where N is the number of active shard channels, and assuming constant time pattern matching (relatively short shard channels).",
     .since = "7.0.0",
     .group = CommandGroup::pubsub,
     .arity = -2,
     .flags = kPubsub | kLoading | kStale,
     .arguments = kPubsubShardchannelsArguments,
     .run = run_shardchannels},
    {.name = "shardnumsub",
     .summary = "",
     .complexity = "O(N) for the SHARDNUMSUB subcommand, where N is the number of requested shard channels",
     .since = "7.0.0",
     .group = CommandGroup::pubsub,
     .arity = -2,
     .flags = kPubsub | kLoading | kStale,
     .arguments = kPubsubShardnumsubArguments,
     .run = run_shardnumsub},
};

}  // namespace

const CommandSpec pubsub_command = {
    .name = "pubsub",
    .summary = "",
    .complexity = "Depends on subcommand.",
    .since = "2.8.0",
    .group = CommandGroup::pubsub,
    .arity = -2,
    .subcommands = kSubcommands,
};

}  // namespace redstart
