// CLIENT
#include "execution/command_context.h"

namespace redstart {
namespace {

void run_caching(CommandContext& c) {
  // IMPLEMENT
}

void run_getname(CommandContext& c) {
  // IMPLEMENT
}

void run_getredir(CommandContext& c) {
  // IMPLEMENT
}

void run_help(CommandContext& c) {
  // IMPLEMENT
}

void run_id(CommandContext& c) {
  // IMPLEMENT
}

void run_info(CommandContext& c) {
  // IMPLEMENT
}

void run_kill(CommandContext& c) {
  // IMPLEMENT
}

void run_list(CommandContext& c) {
  // IMPLEMENT
}

void run_no_evict(CommandContext& c) {
  // IMPLEMENT
}

void run_pause(CommandContext& c) {
  // IMPLEMENT
}

void run_reply(CommandContext& c) {
  // IMPLEMENT
}

void run_setname(CommandContext& c) {
  // IMPLEMENT
}

void run_tracking(CommandContext& c) {
  // IMPLEMENT
}

void run_trackinginfo(CommandContext& c) {
  // IMPLEMENT
}

void run_unblock(CommandContext& c) {
  // IMPLEMENT
}

void run_unpause(CommandContext& c) {
  // IMPLEMENT
}

constexpr Argument kClientCachingArgumentsMode[] = {
    {.name = "yes", .type = ArgumentType::pure_token, .token = "YES"},
    {.name = "no", .type = ArgumentType::pure_token, .token = "NO"},
};

constexpr Argument kClientCachingArguments[] = {
    {.name = "mode", .type = ArgumentType::one_of, .children = kClientCachingArgumentsMode},
};

constexpr std::string_view kClientInfoTips[] = {"nondeterministic_output"};

constexpr Argument kClientKillArgumentsFilterNewFormatNormalMasterSlavePubsub[] = {
    {.name = "normal", .type = ArgumentType::pure_token, .token = "NORMAL"},
    {.name = "master", .type = ArgumentType::pure_token, .token = "MASTER", .since = "3.2.0"},
    {.name = "slave", .type = ArgumentType::pure_token, .token = "SLAVE"},
    {.name = "replica", .type = ArgumentType::pure_token, .token = "REPLICA", .since = "5.0.0"},
    {.name = "pubsub", .type = ArgumentType::pure_token, .token = "PUBSUB"},
};

constexpr Argument kClientKillArgumentsFilterNewFormat[] = {
    {.name = "client-id", .type = ArgumentType::integer, .token = "ID", .flags = kOptional, .since = "2.8.12"},
    {.name = "normal_master_slave_pubsub", .type = ArgumentType::one_of, .token = "TYPE", .flags = kOptional, .since = "2.8.12", .children = kClientKillArgumentsFilterNewFormatNormalMasterSlavePubsub},
    {.name = "username", .type = ArgumentType::string, .token = "USER", .flags = kOptional},
    {.name = "ip:port", .type = ArgumentType::string, .token = "ADDR", .flags = kOptional},
    {.name = "ip:port", .type = ArgumentType::string, .token = "LADDR", .flags = kOptional, .since = "6.2.0"},
    {.name = "yes/no", .type = ArgumentType::string, .token = "SKIPME", .flags = kOptional},
};

constexpr Argument kClientKillArgumentsFilter[] = {
    {.name = "ip:port", .type = ArgumentType::string, .deprecated_since = "2.8.12"},
    {.name = "new-format", .type = ArgumentType::one_of, .flags = kMultiple, .children = kClientKillArgumentsFilterNewFormat},
};

constexpr Argument kClientKillArguments[] = {
    {.name = "filter", .type = ArgumentType::one_of, .children = kClientKillArgumentsFilter},
};

constexpr Argument kClientListArgumentsNormalMasterReplicaPubsub[] = {
    {.name = "normal", .type = ArgumentType::pure_token, .token = "NORMAL"},
    {.name = "master", .type = ArgumentType::pure_token, .token = "MASTER"},
    {.name = "replica", .type = ArgumentType::pure_token, .token = "REPLICA"},
    {.name = "pubsub", .type = ArgumentType::pure_token, .token = "PUBSUB"},
};

constexpr Argument kClientListArgumentsId[] = {
    {.name = "client-id", .type = ArgumentType::integer, .flags = kMultiple},
};

constexpr Argument kClientListArguments[] = {
    {.name = "normal_master_replica_pubsub", .type = ArgumentType::one_of, .token = "TYPE", .flags = kOptional, .since = "5.0.0", .children = kClientListArgumentsNormalMasterReplicaPubsub},
    {.name = "id", .type = ArgumentType::block, .token = "ID", .flags = kOptional, .since = "6.2.0", .children = kClientListArgumentsId},
};

constexpr std::string_view kClientListTips[] = {"nondeterministic_output"};

constexpr Argument kClientNoEvictArgumentsEnabled[] = {
    {.name = "on", .type = ArgumentType::pure_token, .token = "ON"},
    {.name = "off", .type = ArgumentType::pure_token, .token = "OFF"},
};

constexpr Argument kClientNoEvictArguments[] = {
    {.name = "enabled", .type = ArgumentType::one_of, .children = kClientNoEvictArgumentsEnabled},
};

constexpr Argument kClientPauseArgumentsMode[] = {
    {.name = "write", .type = ArgumentType::pure_token, .token = "WRITE"},
    {.name = "all", .type = ArgumentType::pure_token, .token = "ALL"},
};

constexpr Argument kClientPauseArguments[] = {
    {.name = "timeout", .type = ArgumentType::integer},
    {.name = "mode", .type = ArgumentType::one_of, .flags = kOptional, .since = "6.2.0", .children = kClientPauseArgumentsMode},
};

constexpr Argument kClientReplyArgumentsOnOffSkip[] = {
    {.name = "on", .type = ArgumentType::pure_token, .token = "ON"},
    {.name = "off", .type = ArgumentType::pure_token, .token = "OFF"},
    {.name = "skip", .type = ArgumentType::pure_token, .token = "SKIP"},
};

constexpr Argument kClientReplyArguments[] = {
    {.name = "on_off_skip", .type = ArgumentType::one_of, .children = kClientReplyArgumentsOnOffSkip},
};

constexpr Argument kClientSetnameArguments[] = {
    {.name = "connection-name", .type = ArgumentType::string},
};

constexpr Argument kClientTrackingArgumentsStatus[] = {
    {.name = "on", .type = ArgumentType::pure_token, .token = "ON"},
    {.name = "off", .type = ArgumentType::pure_token, .token = "OFF"},
};

constexpr Argument kClientTrackingArguments[] = {
    {.name = "status", .type = ArgumentType::one_of, .children = kClientTrackingArgumentsStatus},
    {.name = "client-id", .type = ArgumentType::integer, .token = "REDIRECT", .flags = kOptional},
    {.name = "prefix", .type = ArgumentType::string, .token = "PREFIX", .flags = kOptional | kMultiple | kMultipleToken},
    {.name = "bcast", .type = ArgumentType::pure_token, .token = "BCAST", .flags = kOptional},
    {.name = "optin", .type = ArgumentType::pure_token, .token = "OPTIN", .flags = kOptional},
    {.name = "optout", .type = ArgumentType::pure_token, .token = "OPTOUT", .flags = kOptional},
    {.name = "noloop", .type = ArgumentType::pure_token, .token = "NOLOOP", .flags = kOptional},
};

constexpr Argument kClientUnblockArgumentsTimeoutError[] = {
    {.name = "timeout", .type = ArgumentType::pure_token, .token = "TIMEOUT"},
    {.name = "error", .type = ArgumentType::pure_token, .token = "ERROR"},
};

constexpr Argument kClientUnblockArguments[] = {
    {.name = "client-id", .type = ArgumentType::integer},
    {.name = "timeout_error", .type = ArgumentType::one_of, .flags = kOptional, .children = kClientUnblockArgumentsTimeoutError},
};

constexpr CommandSpec kSubcommands[] = {
    {.name = "caching",
     .summary = "",
     .complexity = "O(1)",
     .since = "6.0.0",
     .group = CommandGroup::connection,
     .arity = 3,
     .flags = kNoScript | kLoading | kStale,
     .acl_categories = "connection",
     .arguments = kClientCachingArguments,
     .run = run_caching},
    {.name = "getname",
     .summary = "",
     .complexity = "O(1)",
     .since = "2.6.9",
     .group = CommandGroup::connection,
     .arity = 2,
     .flags = kNoScript | kLoading | kStale,
     .acl_categories = "connection",
     .run = run_getname},
    {.name = "getredir",
     .summary = "",
     .complexity = "O(1)",
     .since = "6.0.0",
     .group = CommandGroup::connection,
     .arity = 2,
     .flags = kNoScript | kLoading | kStale,
     .acl_categories = "connection",
     .run = run_getredir},
    {.name = "help",
     .summary = "",
     .complexity = "O(1)",
     .since = "5.0.0",
     .group = CommandGroup::connection,
     .arity = 2,
     .flags = kLoading | kStale,
     .acl_categories = "connection",
     .run = run_help},
    {.name = "id",
     .summary = "",
     .complexity = "O(1)",
     .since = "5.0.0",
     .group = CommandGroup::connection,
     .arity = 2,
     .flags = kNoScript | kLoading | kStale,
     .acl_categories = "connection",
     .run = run_id},
    {.name = "info",
     .summary = "",
     .complexity = "O(1)",
     .since = "6.2.0",
     .group = CommandGroup::connection,
     .arity = 2,
     .flags = kNoScript | kLoading | kStale,
     .acl_categories = "connection",
     .tips = kClientInfoTips,
     .run = run_info},
    {.name = "kill",
     .summary = "",
     .complexity = "O(N) where N is the number of client connections",
     .since = "2.4.0",
     .group = CommandGroup::connection,
     .arity = -3,
     .flags = kAdmin | kNoScript | kLoading | kStale,
     .acl_categories = "connection",
     .arguments = kClientKillArguments,
     .run = run_kill},
    {.name = "list",
     .summary = "",
     .complexity = "O(N) where N is the number of client connections",
     .since = "2.4.0",
     .group = CommandGroup::connection,
     .arity = -2,
     .flags = kAdmin | kNoScript | kLoading | kStale,
     .acl_categories = "connection",
     .arguments = kClientListArguments,
     .tips = kClientListTips,
     .run = run_list},
    {.name = "no-evict",
     .summary = "",
     .complexity = "O(1)",
     .since = "7.0.0",
     .group = CommandGroup::connection,
     .arity = 3,
     .flags = kAdmin | kNoScript | kLoading | kStale,
     .acl_categories = "connection",
     .arguments = kClientNoEvictArguments,
     .run = run_no_evict},
    {.name = "pause",
     .summary = "",
     .complexity = "O(1)",
     .since = "2.9.50",
     .group = CommandGroup::connection,
     .arity = -3,
     .flags = kAdmin | kNoScript | kLoading | kStale,
     .acl_categories = "connection",
     .arguments = kClientPauseArguments,
     .run = run_pause},
    {.name = "reply",
     .summary = "",
     .complexity = "O(1)",
     .since = "3.2.0",
     .group = CommandGroup::connection,
     .arity = 3,
     .flags = kNoScript | kLoading | kStale,
     .acl_categories = "connection",
     .arguments = kClientReplyArguments,
     .run = run_reply},
    {.name = "setname",
     .summary = "",
     .complexity = "O(1)",
     .since = "2.6.9",
     .group = CommandGroup::connection,
     .arity = 3,
     .flags = kNoScript | kLoading | kStale,
     .acl_categories = "connection",
     .arguments = kClientSetnameArguments,
     .run = run_setname},
    {.name = "tracking",
     .summary = "",
     .complexity = "O(1). Some options may introduce additional complexity.",
     .since = "6.0.0",
     .group = CommandGroup::connection,
     .arity = -3,
     .flags = kNoScript | kLoading | kStale,
     .acl_categories = "connection",
     .arguments = kClientTrackingArguments,
     .run = run_tracking},
    {.name = "trackinginfo",
     .summary = "",
     .complexity = "O(1)",
     .since = "6.2.0",
     .group = CommandGroup::connection,
     .arity = 2,
     .flags = kNoScript | kLoading | kStale,
     .acl_categories = "connection",
     .run = run_trackinginfo},
    {.name = "unblock",
     .summary = "",
     .complexity = "O(log N) where N is the number of client connections",
     .since = "5.0.0",
     .group = CommandGroup::connection,
     .arity = -3,
     .flags = kAdmin | kNoScript | kLoading | kStale,
     .acl_categories = "connection",
     .arguments = kClientUnblockArguments,
     .run = run_unblock},
    {.name = "unpause",
     .summary = "",
     .complexity = "O(N) Where N is the number of paused clients",
     .since = "6.2.0",
     .group = CommandGroup::connection,
     .arity = 2,
     .flags = kAdmin | kNoScript | kLoading | kStale,
     .acl_categories = "connection",
     .run = run_unpause},
};

}  // namespace

const CommandSpec client_command = {
    .name = "client",
    .summary = "",
    .complexity = "Depends on subcommand.",
    .since = "2.4.0",
    .group = CommandGroup::connection,
    .arity = -2,
    .subcommands = kSubcommands,
};

}  // namespace redstart
