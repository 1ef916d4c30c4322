// CLUSTER subcommand ...: a server by itself refuses them all, HELP too, as Redis does.
#include "execution/commands/single_node.h"

namespace redstart {
namespace {

constexpr Argument kAddslotsArguments[] = {
    {.name = "slot", .type = ArgumentType::integer, .flags = kMultiple},
};

constexpr Argument kAddslotsrangeArgumentsStartSlotEndSlot[] = {
    {.name = "start-slot", .type = ArgumentType::integer},
    {.name = "end-slot", .type = ArgumentType::integer},
};

constexpr Argument kAddslotsrangeArguments[] = {
    {.name = "start-slot_end-slot",
     .type = ArgumentType::block,
     .flags = kMultiple,
     .children = kAddslotsrangeArgumentsStartSlotEndSlot},
};

constexpr std::string_view kBumpepochTips[] = {"nondeterministic_output"};

constexpr Argument kCountFailureReportsArguments[] = {
    {.name = "node-id", .type = ArgumentType::string},
};

constexpr std::string_view kCountFailureReportsTips[] = {"nondeterministic_output"};

constexpr Argument kCountkeysinslotArguments[] = {
    {.name = "slot", .type = ArgumentType::integer},
};

constexpr Argument kDelslotsArguments[] = {
    {.name = "slot", .type = ArgumentType::integer, .flags = kMultiple},
};

constexpr Argument kDelslotsrangeArgumentsStartSlotEndSlot[] = {
    {.name = "start-slot", .type = ArgumentType::integer},
    {.name = "end-slot", .type = ArgumentType::integer},
};

constexpr Argument kDelslotsrangeArguments[] = {
    {.name = "start-slot_end-slot",
     .type = ArgumentType::block,
     .flags = kMultiple,
     .children = kDelslotsrangeArgumentsStartSlotEndSlot},
};

constexpr Argument kFailoverArgumentsOptions[] = {
    {.name = "force", .type = ArgumentType::pure_token, .token = "FORCE"},
    {.name = "takeover", .type = ArgumentType::pure_token, .token = "TAKEOVER"},
};

constexpr Argument kFailoverArguments[] = {
    {.name = "options",
     .type = ArgumentType::one_of,
     .flags = kOptional,
     .children = kFailoverArgumentsOptions},
};

constexpr Argument kForgetArguments[] = {
    {.name = "node-id", .type = ArgumentType::string},
};

constexpr Argument kGetkeysinslotArguments[] = {
    {.name = "slot", .type = ArgumentType::integer},
    {.name = "count", .type = ArgumentType::integer},
};

constexpr std::string_view kGetkeysinslotTips[] = {"nondeterministic_output"};

constexpr std::string_view kInfoTips[] = {"nondeterministic_output"};

constexpr Argument kKeyslotArguments[] = {
    {.name = "key", .type = ArgumentType::string},
};

constexpr std::string_view kLinksTips[] = {"nondeterministic_output"};

constexpr Argument kMeetArguments[] = {
    {.name = "ip", .type = ArgumentType::string},
    {.name = "port", .type = ArgumentType::integer},
    {.name = "cluster_bus_port",
     .type = ArgumentType::integer,
     .flags = kOptional,
     .since = "4.0.0"},
};

constexpr std::string_view kNodesTips[] = {"nondeterministic_output"};

constexpr Argument kReplicasArguments[] = {
    {.name = "node-id", .type = ArgumentType::string},
};

constexpr std::string_view kReplicasTips[] = {"nondeterministic_output"};

constexpr Argument kReplicateArguments[] = {
    {.name = "node-id", .type = ArgumentType::string},
};

constexpr Argument kResetArgumentsHardSoft[] = {
    {.name = "hard", .type = ArgumentType::pure_token, .token = "HARD"},
    {.name = "soft", .type = ArgumentType::pure_token, .token = "SOFT"},
};

constexpr Argument kResetArguments[] = {
    {.name = "hard_soft",
     .type = ArgumentType::one_of,
     .flags = kOptional,
     .children = kResetArgumentsHardSoft},
};

constexpr Argument kSetConfigEpochArguments[] = {
    {.name = "config-epoch", .type = ArgumentType::integer},
};

constexpr Argument kSetslotArgumentsSubcommand[] = {
    {.name = "node-id", .type = ArgumentType::string, .token = "IMPORTING"},
    {.name = "node-id", .type = ArgumentType::string, .token = "MIGRATING"},
    {.name = "node-id", .type = ArgumentType::string, .token = "NODE"},
    {.name = "stable", .type = ArgumentType::pure_token, .token = "STABLE"},
};

constexpr Argument kSetslotArguments[] = {
    {.name = "slot", .type = ArgumentType::integer},
    {.name = "subcommand", .type = ArgumentType::one_of, .children = kSetslotArgumentsSubcommand},
};

constexpr std::string_view kShardsTips[] = {"nondeterministic_output"};

constexpr Argument kSlavesArguments[] = {
    {.name = "node-id", .type = ArgumentType::string},
};

constexpr std::string_view kSlavesTips[] = {"nondeterministic_output"};

constexpr std::string_view kSlotsTips[] = {"nondeterministic_output"};

constexpr HistoryEntry kClusterSlotsHistory[] = {
    {"4.0.0", "Tells the ids of nodes."},
    {"7.0.0", "Tells further addresses of nodes."},
};

constexpr CommandSpec kSubcommands[] = {
    {.name = "addslots",
     .summary = "Gives slots to this node.",
     .complexity = "O(N), N: slots given",
     .since = "3.0.0",
     .group = CommandGroup::cluster,
     .arity = -3,
     .flags = kAdmin | kStale | kNoAsyncLoading,
     .arguments = kAddslotsArguments,
     .run = reply_no_cluster},
    {.name = "addslotsrange",
     .summary = "Gives ranges of slots to this node.",
     .complexity = "O(N), N: slots of the ranges",
     .since = "7.0.0",
     .group = CommandGroup::cluster,
     .arity = -4,
     .flags = kAdmin | kStale | kNoAsyncLoading,
     .arguments = kAddslotsrangeArguments,
     .run = reply_no_cluster},
    {.name = "bumpepoch",
     .summary = "Raises the configuration epoch.",
     .complexity = "O(1)",
     .since = "3.0.0",
     .group = CommandGroup::cluster,
     .arity = 2,
     .flags = kAdmin | kStale | kNoAsyncLoading,
     .tips = kBumpepochTips,
     .run = reply_no_cluster},
    {.name = "count-failure-reports",
     .summary = "Counts the nodes that hold another one for failing.",
     .complexity = "O(N), N: reports",
     .since = "3.0.0",
     .group = CommandGroup::cluster,
     .arity = 3,
     .flags = kAdmin | kStale,
     .arguments = kCountFailureReportsArguments,
     .tips = kCountFailureReportsTips,
     .run = reply_no_cluster},
    {.name = "countkeysinslot",
     .summary = "Counts the keys of a slot.",
     .complexity = "O(1)",
     .since = "3.0.0",
     .group = CommandGroup::cluster,
     .arity = 3,
     .flags = kStale,
     .arguments = kCountkeysinslotArguments,
     .run = reply_no_cluster},
    {.name = "delslots",
     .summary = "Takes slots from this node.",
     .complexity = "O(N), N: slots given",
     .since = "3.0.0",
     .group = CommandGroup::cluster,
     .arity = -3,
     .flags = kAdmin | kStale | kNoAsyncLoading,
     .arguments = kDelslotsArguments,
     .run = reply_no_cluster},
    {.name = "delslotsrange",
     .summary = "Takes ranges of slots from this node.",
     .complexity = "O(N), N: slots of the ranges",
     .since = "7.0.0",
     .group = CommandGroup::cluster,
     .arity = -4,
     .flags = kAdmin | kStale | kNoAsyncLoading,
     .arguments = kDelslotsrangeArguments,
     .run = reply_no_cluster},
    {.name = "failover",
     .summary = "Lets a replica take over from its master.",
     .complexity = "O(1)",
     .since = "3.0.0",
     .group = CommandGroup::cluster,
     .arity = -2,
     .flags = kAdmin | kStale | kNoAsyncLoading,
     .arguments = kFailoverArguments,
     .run = reply_no_cluster},
    {.name = "flushslots",
     .summary = "Takes all slots from this node.",
     .complexity = "O(1)",
     .since = "3.0.0",
     .group = CommandGroup::cluster,
     .arity = 2,
     .flags = kAdmin | kStale | kNoAsyncLoading,
     .run = reply_no_cluster},
    {.name = "forget",
     .summary = "Drops a node from the table of nodes.",
     .complexity = "O(1)",
     .since = "3.0.0",
     .group = CommandGroup::cluster,
     .arity = 3,
     .flags = kAdmin | kStale | kNoAsyncLoading,
     .arguments = kForgetArguments,
     .run = reply_no_cluster},
    {.name = "getkeysinslot",
     .summary = "Lists keys of a slot.",
     .complexity = "O(N), N: keys asked for",
     .since = "3.0.0",
     .group = CommandGroup::cluster,
     .arity = 4,
     .flags = kStale,
     .arguments = kGetkeysinslotArguments,
     .tips = kGetkeysinslotTips,
     .run = reply_no_cluster},
    {.name = "help",
     .summary = "Shows the subcommands.",
     .complexity = "O(1)",
     .since = "5.0.0",
     .group = CommandGroup::cluster,
     .arity = 2,
     .flags = kLoading | kStale,
     .run = reply_no_cluster},
    {.name = "info",
     .summary = "Tells the state of the cluster.",
     .complexity = "O(1)",
     .since = "3.0.0",
     .group = CommandGroup::cluster,
     .arity = 2,
     .flags = kStale,
     .tips = kInfoTips,
     .run = reply_no_cluster},
    {.name = "keyslot",
     .summary = "Tells the slot of a key.",
     .complexity = "O(N), N: bytes of the key",
     .since = "3.0.0",
     .group = CommandGroup::cluster,
     .arity = 3,
     .flags = kStale,
     .arguments = kKeyslotArguments,
     .run = reply_no_cluster},
    {.name = "links",
     .summary = "Lists the connections between nodes.",
     .complexity = "O(N), N: nodes",
     .since = "7.0.0",
     .group = CommandGroup::cluster,
     .arity = 2,
     .flags = kStale,
     .tips = kLinksTips,
     .run = reply_no_cluster},
    {.name = "meet",
     .summary = "Makes another node known to this one.",
     .complexity = "O(1)",
     .since = "3.0.0",
     .group = CommandGroup::cluster,
     .arity = -4,
     .flags = kAdmin | kStale | kNoAsyncLoading,
     .arguments = kMeetArguments,
     .run = reply_no_cluster},
    {.name = "myid",
     .summary = "Tells the id of this node.",
     .complexity = "O(1)",
     .since = "3.0.0",
     .group = CommandGroup::cluster,
     .arity = 2,
     .flags = kStale,
     .run = reply_no_cluster},
    {.name = "myshardid",
     .summary = "Tells the id of this node's shard.",
     .complexity = "O(1)",
     .since = "7.2.0",
     .group = CommandGroup::cluster,
     .arity = 2,
     .flags = kStale,
     .run = reply_no_cluster},
    {.name = "nodes",
     .summary = "Lists the nodes and their slots, a line each.",
     .complexity = "O(N), N: nodes",
     .since = "3.0.0",
     .group = CommandGroup::cluster,
     .arity = 2,
     .flags = kStale,
     .tips = kNodesTips,
     .run = reply_no_cluster},
    {.name = "replicas",
     .summary = "Lists the replicas of a master.",
     .complexity = "O(N), N: nodes",
     .since = "5.0.0",
     .group = CommandGroup::cluster,
     .arity = 3,
     .flags = kAdmin | kStale,
     .arguments = kReplicasArguments,
     .tips = kReplicasTips,
     .run = reply_no_cluster},
    {.name = "replicate",
     .summary = "Makes this node a replica of a master.",
     .complexity = "O(1)",
     .since = "3.0.0",
     .group = CommandGroup::cluster,
     .arity = 3,
     .flags = kAdmin | kStale | kNoAsyncLoading,
     .arguments = kReplicateArguments,
     .run = reply_no_cluster},
    {.name = "reset",
     .summary = "Lets this node forget its cluster.",
     .complexity = "O(N), N: nodes; a replica drops its data too",
     .since = "3.0.0",
     .group = CommandGroup::cluster,
     .arity = -2,
     .flags = kAdmin | kNoScript | kStale,
     .arguments = kResetArguments,
     .run = reply_no_cluster},
    {.name = "saveconfig",
     .summary = "Writes the state of the cluster to its file.",
     .complexity = "O(1)",
     .since = "3.0.0",
     .group = CommandGroup::cluster,
     .arity = 2,
     .flags = kAdmin | kStale | kNoAsyncLoading,
     .run = reply_no_cluster},
    {.name = "set-config-epoch",
     .summary = "Sets the configuration epoch of a fresh node.",
     .complexity = "O(1)",
     .since = "3.0.0",
     .group = CommandGroup::cluster,
     .arity = 3,
     .flags = kAdmin | kStale | kNoAsyncLoading,
     .arguments = kSetConfigEpochArguments,
     .run = reply_no_cluster},
    {.name = "setslot",
     .summary = "Tells which node has a slot, or moves it.",
     .complexity = "O(1)",
     .since = "3.0.0",
     .group = CommandGroup::cluster,
     .arity = -4,
     .flags = kAdmin | kStale | kNoAsyncLoading,
     .arguments = kSetslotArguments,
     .run = reply_no_cluster},
    {.name = "shards",
     .summary = "Lists the shards with their slots and nodes.",
     .complexity = "O(N), N: nodes",
     .since = "7.0.0",
     .group = CommandGroup::cluster,
     .arity = 2,
     .flags = kStale,
     .tips = kShardsTips,
     .run = reply_no_cluster},
    {.name = "slaves",
     .summary = "Lists the replicas of a master.",
     .complexity = "O(N), N: nodes",
     .since = "3.0.0",
     .group = CommandGroup::cluster,
     .arity = 3,
     .flags = kAdmin | kStale,
     .arguments = kSlavesArguments,
     .deprecated_since = "5.0.0",
     .replaced_by = "CLUSTER REPLICAS",
     .tips = kSlavesTips,
     .run = reply_no_cluster},
    {.name = "slots",
     .summary = "Lists ranges of slots with their nodes.",
     .complexity = "O(N), N: nodes",
     .since = "3.0.0",
     .group = CommandGroup::cluster,
     .arity = 2,
     .flags = kStale,
     .deprecated_since = "7.0.0",
     .replaced_by = "CLUSTER SHARDS",
     .history = kClusterSlotsHistory,
     .tips = kSlotsTips,
     .run = reply_no_cluster},
};

}  // namespace

REDSTART_COMMAND(cluster) = {
    .name = "cluster",
    .summary = "Asks about a cluster, and changes it.",
    .complexity = "See the subcommands",
    .since = "3.0.0",
    .group = CommandGroup::cluster,
    .arity = -2,
    .subcommands = kSubcommands,
};

}  // namespace redstart
