// SCRIPT LOAD, EXISTS, FLUSH, KILL, DEBUG, HELP: the cache of scripts, and the script that runs too long.
#include "base/text.h"
#include "execution/command_context.h"
#include "execution/commands/replies.h"
#include "execution/executor.h"
#include "execution/scripting/script_runner.h"

namespace redstart {
namespace {

void run_load(CommandContext& c) {
  const auto script = ScriptRunner::of(c.executor().thread_context(), c.executor()).load(c.arg(2));
  if (!script) return c.error(script.error());
  c.reply().bulk((*script)->sha);
}

void run_exists(CommandContext& c) {
  c.reply().array(c.arg_count() - 2);
  for (size_t i = 2; i < c.arg_count(); ++i) {
    c.reply().integer(c.executor().scripting().find(lower_case(c.arg(i))) != nullptr);
  }
}

void run_flush(CommandContext& c) {
  const bool has_mode = c.arg_count() == 3 && (c.arg_is(2, "SYNC") || c.arg_is(2, "ASYNC"));
  if (c.arg_count() != 2 && !has_mode) return c.error("ERR SCRIPT FLUSH only support SYNC|ASYNC option");
  c.executor().scripting().flush();
  c.reply().ok();
}

void run_kill(CommandContext& c) {
  const auto error = c.executor().scripting().long_scripts().kill(false);
  error ? c.error(*error) : c.reply().ok();
}

// The debugger is not there: only its being off can be asked for.
void run_debug(CommandContext& c) {
  if (c.arg_is(2, "NO")) return c.reply().ok();
  if (c.arg_is(2, "YES") || c.arg_is(2, "SYNC")) return c.error("ERR The Lua debugger is not supported");
  c.error("ERR Use SCRIPT DEBUG YES/SYNC/NO");
}

void run_help(CommandContext& c) { reply_help(c); }

constexpr Argument kLoadArguments[] = {{.name = "script"}};
constexpr Argument kExistsArguments[] = {{.name = "sha1", .flags = kMultiple}};
constexpr Argument kFlushModes[] = {
    {.name = "async", .type = ArgumentType::pure_token, .token = "ASYNC"},
    {.name = "sync", .type = ArgumentType::pure_token, .token = "SYNC"},
};
constexpr Argument kFlushArguments[] = {
    {.name = "async", .type = ArgumentType::one_of, .flags = kOptional, .since = "6.2.0", .children = kFlushModes},
};
constexpr Argument kDebugModes[] = {
    {.name = "yes", .type = ArgumentType::pure_token, .token = "YES"},
    {.name = "sync", .type = ArgumentType::pure_token, .token = "SYNC"},
    {.name = "no", .type = ArgumentType::pure_token, .token = "NO"},
};
constexpr Argument kDebugArguments[] = {
    {.name = "mode", .type = ArgumentType::one_of, .children = kDebugModes},
};

constexpr std::string_view kAllNodes[] = {"request_policy:all_nodes", "response_policy:all_succeeded"};
constexpr std::string_view kExistsTips[] = {"request_policy:all_shards", "response_policy:agg_logical_and"};
constexpr std::string_view kKillTips[] = {"request_policy:all_shards", "response_policy:one_succeeded"};

constexpr CommandSpec kSubcommands[] = {
    {.name = "debug",
     .summary = "Chooses how scripts are debugged; here: not at all.",
     .complexity = "O(1)",
     .since = "3.2.0",
     .group = CommandGroup::scripting,
     .arity = 3,
     .flags = kNoScript,
     .acl_categories = "scripting",
     .arguments = kDebugArguments,
     .run = run_debug},
    {.name = "exists",
     .summary = "Tells which of the scripts the cache has.",
     .complexity = "O(N), N: scripts asked for",
     .since = "2.6.0",
     .group = CommandGroup::scripting,
     .arity = -3,
     .flags = kNoScript,
     .acl_categories = "scripting",
     .arguments = kExistsArguments,
     .tips = kExistsTips,
     .run = run_exists},
    {.name = "flush",
     .summary = "Empties the cache of scripts.",
     .complexity = "O(N), N: scripts in the cache",
     .since = "2.6.0",
     .group = CommandGroup::scripting,
     .arity = -2,
     .flags = kNoScript,
     .acl_categories = "scripting",
     .arguments = kFlushArguments,
     .tips = kAllNodes,
     .run = run_flush},
    {.name = "help",
     .summary = "Shows the subcommands.",
     .complexity = "O(1)",
     .since = "5.0.0",
     .group = CommandGroup::scripting,
     .arity = 2,
     .flags = kLoading | kStale,
     .acl_categories = "scripting",
     .run = run_help},
    {.name = "kill",
     .summary = "Ends a script that runs for too long and has not written.",
     .complexity = "O(1)",
     .since = "2.6.0",
     .group = CommandGroup::scripting,
     .arity = 2,
     .flags = kNoScript | kAllowBusy,
     .acl_categories = "scripting",
     .tips = kKillTips,
     .run = run_kill},
    {.name = "load",
     .summary = "Puts a script into the cache without running it.",
     .complexity = "O(N), N: bytes of the script",
     .since = "2.6.0",
     .group = CommandGroup::scripting,
     .arity = 3,
     .flags = kNoScript | kStale,
     .acl_categories = "scripting",
     .arguments = kLoadArguments,
     .tips = kAllNodes,
     .run = run_load},
};

}  // namespace

REDSTART_COMMAND(script) = {
    .name = "script",
    .summary = "Manages scripts.",
    .complexity = "See the subcommands",
    .since = "2.6.0",
    .group = CommandGroup::scripting,
    .arity = -2,
    .subcommands = kSubcommands,
};

}  // namespace redstart
