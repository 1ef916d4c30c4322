// RANDOMKEY
#include "execution/command_context.h"

namespace redstart {
namespace {

void run(CommandContext& c) {
  // IMPLEMENT
}

constexpr std::string_view kTips[] = {"request_policy:all_shards", "nondeterministic_output"};

}  // namespace

const CommandSpec randomkey_command = {
    .name = "randomkey",
    .summary = "",
    .complexity = "O(1)",
    .since = "1.0.0",
    .group = CommandGroup::generic,
    .arity = 1,
    .flags = kReadonly,
    .acl_categories = "keyspace",
    .tips = kTips,
    .run = run,
};

}  // namespace redstart
