// TOUCH
#include "execution/command_context.h"

namespace redstart {
namespace {

void run(CommandContext& c) {
  // IMPLEMENT
}

constexpr KeySpec kKeys[] = {
    {.flags = kKeyRO, .index = 1, .last = -1},
};

constexpr Argument kArguments[] = {
    {.name = "key", .type = ArgumentType::key, .key_spec = 0, .flags = kMultiple},
};

constexpr std::string_view kTips[] = {"request_policy:multi_shard", "response_policy:agg_sum"};

}  // namespace

const CommandSpec touch_command = {
    .name = "touch",
    .summary = "",
    .complexity = "O(N) where N is the number of keys that will be touched.",
    .since = "3.2.1",
    .group = CommandGroup::generic,
    .arity = -2,
    .flags = kReadonly | kFast,
    .acl_categories = "keyspace",
    .keys = kKeys,
    .arguments = kArguments,
    .tips = kTips,
    .run = run,
};

}  // namespace redstart
