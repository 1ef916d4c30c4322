// TOUCH key [key ...]: notes an access to keys.
#include "execution/command_context.h"

namespace redstart {
namespace {

void run(CommandContext& c) {
  int64_t found = 0;
  for (const std::string_view key : c.args().subspan(1)) found += c.find(key) != nullptr;
  c.reply().integer(found);
}

constexpr KeySpec kKeys[] = {
    {.flags = kKeyRO, .index = 1, .last = -1},
};

constexpr Argument kArguments[] = {
    {.name = "key", .type = ArgumentType::key, .key_spec = 0, .flags = kMultiple},
};

constexpr std::string_view kTips[] = {"request_policy:multi_shard", "response_policy:agg_sum"};

}  // namespace

REDSTART_COMMAND(touch) = {
    .name = "touch",
    .summary = "Notes an access to keys and counts those that exist.",
    .complexity = "O(N), N: keys",
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
