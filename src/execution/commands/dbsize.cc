// DBSIZE: how many keys the database has.
#include "execution/command_context.h"
#include "execution/executor.h"

namespace redstart {
namespace {

void run(CommandContext& c) {
  c.reply().integer(static_cast<int64_t>(c.executor().keyspace().key_count(c.db())));
}

constexpr std::string_view kTips[] = {"request_policy:all_shards", "response_policy:agg_sum"};

}  // namespace

REDSTART_COMMAND(dbsize) = {
    .name = "dbsize",
    .summary = "Counts the keys of the selected database.",
    .complexity = "O(1)",
    .since = "1.0.0",
    .group = CommandGroup::server,
    .arity = 1,
    .flags = kReadonly | kFast,
    .acl_categories = "keyspace",
    .tips = kTips,
    .run = run,
};

}  // namespace redstart
