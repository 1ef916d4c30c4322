// WAIT
#include "execution/command_context.h"

namespace redstart {
namespace {

void run(CommandContext& c) {
  // IMPLEMENT
}

constexpr Argument kArguments[] = {
    {.name = "numreplicas", .type = ArgumentType::integer},
    {.name = "timeout", .type = ArgumentType::integer},
};

constexpr std::string_view kTips[] = {"request_policy:all_shards", "response_policy:agg_min"};

}  // namespace

const CommandSpec wait_command = {
    .name = "wait",
    .summary = "",
    .complexity = "O(1)",
    .since = "3.0.0",
    .group = CommandGroup::generic,
    .arity = 3,
    .flags = kNoScript,
    .acl_categories = "connection",
    .arguments = kArguments,
    .tips = kTips,
    .run = run,
};

}  // namespace redstart
