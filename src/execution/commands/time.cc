// TIME
#include "execution/command_context.h"

namespace redstart {
namespace {

void run(CommandContext& c) {
  // IMPLEMENT
}

constexpr std::string_view kTips[] = {"nondeterministic_output"};

}  // namespace

const CommandSpec time_command = {
    .name = "time",
    .summary = "",
    .complexity = "O(1)",
    .since = "2.6.0",
    .group = CommandGroup::server,
    .arity = 1,
    .flags = kLoading | kStale | kFast,
    .tips = kTips,
    .run = run,
};

}  // namespace redstart
