// MGET
#include "execution/command_context.h"

namespace redstart {
namespace {

void run(CommandContext& c) {
  // IMPLEMENT
}

constexpr KeySpec kKeys[] = {
    {.flags = kKeyRO | kKeyAccess, .index = 1, .last = -1},
};

constexpr Argument kArguments[] = {
    {.name = "key", .type = ArgumentType::key, .key_spec = 0, .flags = kMultiple},
};

constexpr std::string_view kTips[] = {"request_policy:multi_shard"};

}  // namespace

const CommandSpec mget_command = {
    .name = "mget",
    .summary = "",
    .complexity = "O(N) where N is the number of keys to retrieve.",
    .since = "1.0.0",
    .group = CommandGroup::string,
    .arity = -2,
    .flags = kReadonly | kFast,
    .acl_categories = "string",
    .keys = kKeys,
    .arguments = kArguments,
    .tips = kTips,
    .run = run,
};

}  // namespace redstart
