// CONFIG GET | SET | RESETSTAT | REWRITE: the configuration while the store runs.
#include "execution/config.h"

#include "execution/client_registry.h"
#include "execution/command_context.h"
#include "execution/command_stats.h"
#include "execution/commands/replies.h"
#include "execution/executor.h"
#include "execution/store_state.h"

namespace redstart {
namespace {

void run_get(CommandContext& c) {
  const auto values = c.executor().config().get(c.args().subspan(2));
  c.reply().map(values.size());
  for (const auto& [name, value] : values) {
    c.reply().bulk(name);
    c.reply().bulk(value);
  }
}

void run_help(CommandContext& c) { reply_help(c); }

void run_resetstat(CommandContext& c) {
  Executor& executor = c.executor();
  executor.state().run_unlocked(c, [&executor] { executor.keyspace().reset_statistics(); });
  for (ThreadContext* thread : executor.thread_contexts()) thread->reset();
  ClientRegistry& clients = executor.clients();
  clients.connections_received = clients.connections_rejected = 0;
  clients.evicted_clients = 0;
  clients.query_buffer_limit_disconnections = clients.output_buffer_limit_disconnections = 0;
  c.reply().ok();
}

void run_rewrite(CommandContext& c) {
  Config& config = c.executor().config();
  if (config.file_path().empty()) {
    return c.error("ERR The server is running without a config file");
  }
  if (const auto error = config.rewrite_file()) {
    c.executor().state().log("CONFIG REWRITE failed: " + *error);
    return c.error("ERR Rewriting config file: " + *error);
  }
  c.executor().state().log("CONFIG REWRITE has written " + config.file_path(), LogLevel::notice);
  c.reply().ok();
}

void run_set(CommandContext& c) {
  if (c.arg_count() % 2 != 0) return c.syntax_error();
  std::vector<Config::Setting> settings;
  for (size_t i = 2; i < c.arg_count(); i += 2) settings.emplace_back(c.arg(i), c.arg(i + 1));
  Executor& executor = c.executor();
  if (const auto error = executor.config().set(settings)) return c.error(*error);
  executor.state().run_unlocked(c, [&executor] { executor.apply_config(); });
  c.reply().ok();
}

constexpr Argument kConfigGetArgumentsParameter[] = {
    {.name = "parameter", .type = ArgumentType::string},
};

constexpr Argument kConfigGetArguments[] = {
    {.name = "parameter",
     .type = ArgumentType::block,
     .flags = kMultiple,
     .children = kConfigGetArgumentsParameter},
};

constexpr Argument kConfigSetArgumentsParameterValue[] = {
    {.name = "parameter", .type = ArgumentType::string},
    {.name = "value", .type = ArgumentType::string},
};

constexpr Argument kConfigSetArguments[] = {
    {.name = "parameter_value",
     .type = ArgumentType::block,
     .flags = kMultiple,
     .children = kConfigSetArgumentsParameterValue},
};

constexpr std::string_view kConfigSetTips[] = {"request_policy:all_nodes",
                                               "response_policy:all_succeeded"};

constexpr HistoryEntry kConfigGetHistory[] = {
    {"7.0.0", "Takes several patterns."},
};

constexpr HistoryEntry kConfigSetHistory[] = {
    {"7.0.0", "Takes several directives, of which all or none are set."},
};

constexpr CommandSpec kSubcommands[] = {
    {.name = "get",
     .summary = "Shows the directives whose names match one of the patterns.",
     .complexity = "O(N), N: directives named",
     .since = "2.0.0",
     .group = CommandGroup::server,
     .arity = -3,
     .flags = kAdmin | kNoScript | kLoading | kStale,
     .arguments = kConfigGetArguments,
     .history = kConfigGetHistory,
     .run = run_get},
    {.name = "help",
     .summary = "Shows the subcommands.",
     .complexity = "O(1)",
     .since = "5.0.0",
     .group = CommandGroup::server,
     .arity = 2,
     .flags = kLoading | kStale,
     .run = run_help},
    {.name = "resetstat",
     .summary = "Sets the statistics of INFO back to zero.",
     .complexity = "O(1)",
     .since = "2.0.0",
     .group = CommandGroup::server,
     .arity = 2,
     .flags = kAdmin | kNoScript | kLoading | kStale,
     .run = run_resetstat},
    {.name = "rewrite",
     .summary = "Writes what was changed into the configuration file.",
     .complexity = "O(1)",
     .since = "2.8.0",
     .group = CommandGroup::server,
     .arity = 2,
     .flags = kAdmin | kNoScript | kLoading | kStale,
     .run = run_rewrite},
    {.name = "set",
     .summary = "Changes directives, all of them or none.",
     .complexity = "O(N), N: directives named",
     .since = "2.0.0",
     .group = CommandGroup::server,
     .arity = -4,
     .flags = kAdmin | kNoScript | kLoading | kStale,
     .arguments = kConfigSetArguments,
     .history = kConfigSetHistory,
     .tips = kConfigSetTips,
     .run = run_set},
};

}  // namespace

REDSTART_COMMAND(config) = {
    .name = "config",
    .summary = "Shows and changes the configuration.",
    .complexity = "See the subcommands",
    .since = "2.0.0",
    .group = CommandGroup::server,
    .arity = -2,
    .subcommands = kSubcommands,
};

}  // namespace redstart
