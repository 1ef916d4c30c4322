// INFO
#include "execution/command_context.h"

namespace redstart {
namespace {

void run(CommandContext& c) {
  // IMPLEMENT
}

constexpr Argument kArguments[] = {
    {.name = "section", .type = ArgumentType::string, .flags = kOptional | kMultiple},
};

constexpr std::string_view kTips[] = {"nondeterministic_output", "request_policy:all_shards", "response_policy:special"};

}  // namespace

const CommandSpec info_command = {
    .name = "info",
    .summary = "",
    .complexity = "O(1)",
    .since = "1.0.0",
    .group = CommandGroup::server,
    .arity = -1,
    .flags = kLoading | kStale,
    .acl_categories = "dangerous",
    .arguments = kArguments,
    .tips = kTips,
    .run = run,
};

}  // namespace redstart
