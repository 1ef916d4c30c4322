// LASTSAVE
#include "execution/command_context.h"

namespace redstart {
namespace {

void run(CommandContext& c) {
  // IMPLEMENT
}

constexpr std::string_view kTips[] = {"nondeterministic_output"};

}  // namespace

const CommandSpec lastsave_command = {
    .name = "lastsave",
    .summary = "",
    .complexity = "O(1)",
    .since = "1.0.0",
    .group = CommandGroup::server,
    .arity = 1,
    .flags = kLoading | kStale | kFast,
    .acl_categories = "admin dangerous",
    .tips = kTips,
    .run = run,
};

}  // namespace redstart
