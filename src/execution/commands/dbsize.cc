// DBSIZE
#include "execution/command_context.h"

namespace redstart {
namespace {

void run(CommandContext& c) {
  // IMPLEMENT
}

constexpr std::string_view kTips[] = {"request_policy:all_shards", "response_policy:agg_sum"};

}  // namespace

const CommandSpec dbsize_command = {
    .name = "dbsize",
    .summary = "",
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
