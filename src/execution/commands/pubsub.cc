// PUBSUB CHANNELS | NUMSUB | NUMPAT | SHARDCHANNELS | SHARDNUMSUB: who listens to what.
#include "execution/pubsub.h"

#include "execution/command_context.h"
#include "execution/commands/replies.h"
#include "execution/executor.h"

namespace redstart {
namespace {

void reply_channels(CommandContext& c, PubSub::Kind kind) {
  if (c.arg_count() > 3) return reply_subcommand_syntax_error(c);
  // No pattern is not the empty one, which matches the empty name alone.
  const std::string_view pattern = c.arg_count() == 3 ? c.arg(2) : "*";
  const auto channels = c.executor().pubsub().channels(kind, pattern);
  c.reply().array(channels.size());
  for (const std::string& channel : channels) c.reply().bulk(channel);
}

void reply_counts(CommandContext& c, PubSub::Kind kind) {
  c.reply().array((c.arg_count() - 2) * 2);
  for (size_t i = 2; i < c.arg_count(); ++i) {
    c.reply().bulk(c.arg(i));
    const size_t count = c.executor().pubsub().subscriber_count(kind, c.arg(i));
    c.reply().integer(static_cast<int64_t>(count));
  }
}

void run_channels(CommandContext& c) { reply_channels(c, PubSub::Kind::channel); }

void run_help(CommandContext& c) { reply_help(c); }

void run_numpat(CommandContext& c) {
  c.reply().integer(static_cast<int64_t>(c.executor().pubsub().pattern_count()));
}

void run_numsub(CommandContext& c) { reply_counts(c, PubSub::Kind::channel); }

void run_shardchannels(CommandContext& c) { reply_channels(c, PubSub::Kind::shard_channel); }

void run_shardnumsub(CommandContext& c) { reply_counts(c, PubSub::Kind::shard_channel); }

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
     .summary = "Lists the channels that somebody listens to.",
     .complexity = "O(N), N: channels with subscribers",
     .since = "2.8.0",
     .group = CommandGroup::pubsub,
     .arity = -2,
     .flags = kPubsub | kLoading | kStale,
     .arguments = kPubsubChannelsArguments,
     .run = run_channels},
    {.name = "help",
     .summary = "Shows the subcommands.",
     .complexity = "O(1)",
     .since = "6.2.0",
     .group = CommandGroup::pubsub,
     .arity = 2,
     .flags = kLoading | kStale,
     .run = run_help},
    {.name = "numpat",
     .summary = "Counts the patterns that somebody listens to.",
     .complexity = "O(1)",
     .since = "2.8.0",
     .group = CommandGroup::pubsub,
     .arity = 2,
     .flags = kPubsub | kLoading | kStale,
     .run = run_numpat},
    {.name = "numsub",
     .summary = "Counts the subscribers of channels.",
     .complexity = "O(N), N: channels given",
     .since = "2.8.0",
     .group = CommandGroup::pubsub,
     .arity = -2,
     .flags = kPubsub | kLoading | kStale,
     .arguments = kPubsubNumsubArguments,
     .run = run_numsub},
    {.name = "shardchannels",
     .summary = "Lists the shard channels that somebody listens to.",
     .complexity = "O(N), N: shard channels with subscribers",
     .since = "7.0.0",
     .group = CommandGroup::pubsub,
     .arity = -2,
     .flags = kPubsub | kLoading | kStale,
     .arguments = kPubsubShardchannelsArguments,
     .run = run_shardchannels},
    {.name = "shardnumsub",
     .summary = "Counts the subscribers of shard channels.",
     .complexity = "O(N), N: shard channels given",
     .since = "7.0.0",
     .group = CommandGroup::pubsub,
     .arity = -2,
     .flags = kPubsub | kLoading | kStale,
     .arguments = kPubsubShardnumsubArguments,
     .run = run_shardnumsub},
};

}  // namespace

REDSTART_COMMAND(pubsub) = {
    .name = "pubsub",
    .summary = "Tells who listens to which channels.",
    .complexity = "See the subcommands",
    .since = "2.8.0",
    .group = CommandGroup::pubsub,
    .arity = -2,
    .subcommands = kSubcommands,
};

}  // namespace redstart
