// FLUSHALL [ASYNC | SYNC]: removes the keys of all databases.
// FLUSHDB [ASYNC | SYNC]: removes the keys of the selected database.
#include "execution/command_context.h"
#include "execution/commands/flush.h"
#include "execution/executor.h"
#include "execution/tracking.h"

namespace redstart {
namespace {

void run_flushall(CommandContext& c) {
  bool lazily;
  if (!parse_flush_mode(c, lazily)) return;
  flush_all(c, lazily);
  c.reply().ok();
}

void run_flushdb(CommandContext& c) {
  bool lazily;
  if (!parse_flush_mode(c, lazily)) return;
  flush_database(c, c.db(), lazily);
  c.executor().tracking().flush(c.session());
  c.reply().ok();
}

constexpr Argument kArgumentsAsync[] = {
    {.name = "async", .type = ArgumentType::pure_token, .token = "ASYNC", .since = "4.0.0"},
    {.name = "sync", .type = ArgumentType::pure_token, .token = "SYNC", .since = "6.2.0"},
};

constexpr Argument kArguments[] = {
    {.name = "async",
     .type = ArgumentType::one_of,
     .flags = kOptional,
     .children = kArgumentsAsync},
};

constexpr std::string_view kTips[] = {"request_policy:all_shards", "response_policy:all_succeeded"};

}  // namespace

REDSTART_COMMAND(flushall) = {
    .name = "flushall",
    .summary = "Removes every key of every database.",
    .complexity = "O(N), N: keys of all databases",
    .since = "1.0.0",
    .group = CommandGroup::server,
    .arity = -1,
    .flags = kWrite,
    .acl_categories = "dangerous keyspace",
    .lock_scope = LockScope::keyspace,
    .arguments = kArguments,
    .tips = kTips,
    .run = run_flushall,
};

REDSTART_COMMAND(flushdb) = {
    .name = "flushdb",
    .summary = "Removes every key of the selected database.",
    .complexity = "O(N), N: keys of the database",
    .since = "1.0.0",
    .group = CommandGroup::server,
    .arity = -1,
    .flags = kWrite,
    .acl_categories = "dangerous keyspace",
    .lock_scope = LockScope::keyspace,
    .arguments = kArguments,
    .tips = kTips,
    .run = run_flushdb,
};

}  // namespace redstart
