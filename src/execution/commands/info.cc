// INFO [section ...]: how the store is doing.
#include "execution/info.h"

#include "execution/command_context.h"
#include "execution/commands/replies.h"
#include "execution/executor.h"

namespace redstart {
namespace {

void run(CommandContext& c) {
  reply_text(c, info_text(c.executor(), c.access(), c.args().subspan(1)));
}

constexpr Argument kArguments[] = {
    {.name = "section", .type = ArgumentType::string, .flags = kOptional | kMultiple},
};

constexpr std::string_view kTips[] = {"nondeterministic_output", "request_policy:all_shards",
                                      "response_policy:special"};

constexpr HistoryEntry kHistory[] = {
    {"7.0.0", "Takes several sections."},
};

}  // namespace

REDSTART_COMMAND(info) = {
    .name = "info",
    .summary = "Tells state and statistics, by section.",
    .complexity = "O(1)",
    .since = "1.0.0",
    .group = CommandGroup::server,
    .arity = -1,
    .flags = kLoading | kStale,
    .acl_categories = "dangerous",
    .lock_scope = LockScope::self,
    .arguments = kArguments,
    .history = kHistory,
    .tips = kTips,
    .run = run,
};

}  // namespace redstart
