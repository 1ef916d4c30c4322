// MGET key [key ...]: the strings at several keys.
#include "execution/command_context.h"
#include "types/string/commands/text.h"

namespace redstart {
namespace {

void run(CommandContext& c) {
  const auto keys = c.args().subspan(1);
  c.reply().array(keys.size());
  for (const std::string_view key : keys) {
    const Entry* entry = c.find(key);
    entry && entry->is_string() ? reply_string(c.reply(), *entry) : c.reply().null();
  }
}

constexpr KeySpec kKeys[] = {
    {.flags = kKeyRO | kKeyAccess, .index = 1, .last = -1},
};

constexpr Argument kArguments[] = {
    {.name = "key", .type = ArgumentType::key, .key_spec = 0, .flags = kMultiple},
};

constexpr std::string_view kTips[] = {"request_policy:multi_shard"};

}  // namespace

REDSTART_COMMAND(mget) = {
    .name = "mget",
    .summary = "Tells the strings at several keys at once.",
    .complexity = "O(N), N: keys",
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
