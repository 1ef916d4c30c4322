// PING
#include "execution/command_context.h"

namespace redstart {
namespace {

void run(CommandContext& c) {
  // IMPLEMENT
}

constexpr Argument kArguments[] = {
    {.name = "message", .type = ArgumentType::string, .flags = kOptional},
};

constexpr std::string_view kTips[] = {"request_policy:all_shards", "response_policy:all_succeeded"};

}  // namespace

const CommandSpec ping_command = {
    .name = "ping",
    .summary = "",
    .complexity = "O(1)",
    .since = "1.0.0",
    .group = CommandGroup::connection,
    .arity = -1,
    .flags = kFast,
    .acl_categories = "connection",
    .arguments = kArguments,
    .tips = kTips,
    .run = run,
};

}  // namespace redstart
