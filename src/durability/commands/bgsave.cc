// BGSAVE [SCHEDULE | CANCEL]: the data as it is now goes to disk while clients go on.
#include "execution/command_context.h"
#include "execution/executor.h"
#include "execution/persistence.h"

namespace redstart {
namespace {

void run(CommandContext& c) {
  Persistence& persistence = c.executor().persistence();
  const bool cancel = c.arg_count() == 2 && c.arg_is(1, "CANCEL");
  if (c.arg_count() > 2 || (c.arg_count() == 2 && !cancel && !c.arg_is(1, "SCHEDULE"))) {
    return c.syntax_error();
  }
  if (cancel) {
    if (!persistence.cancel_save()) return c.error("ERR Background save is currently not in progress or scheduled");
    return c.reply().simple("Background saving cancelled");
  }
  if (c.arg_count() == 2 && persistence.job() == Persistence::Job::rewrite) {
    persistence.schedule_save();
    return c.reply().simple("Background saving scheduled");
  }
  if (const auto error = persistence.start_save()) return c.error(*error);
  c.reply().simple("Background saving started");
}

constexpr Argument kOperations[] = {
    {.name = "schedule", .type = ArgumentType::pure_token, .token = "SCHEDULE", .since = "3.2.2"},
    {.name = "cancel", .type = ArgumentType::pure_token, .token = "CANCEL"},
};

constexpr Argument kArguments[] = {
    {.name = "operation", .type = ArgumentType::one_of, .flags = kOptional, .children = kOperations},
};

}  // namespace

REDSTART_COMMAND(bgsave) = {
    .name = "bgsave",
    .summary = "Saves the data as it is now to disk, in the background.",
    .complexity = "O(1)",
    .since = "1.0.0",
    .group = CommandGroup::server,
    .arity = -1,
    .flags = kAdmin | kNoScript | kNoAsyncLoading,
    .lock_scope = LockScope::keyspace,
    .arguments = kArguments,
    .run = run,
};

}  // namespace redstart
