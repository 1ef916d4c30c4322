// EXISTS key [key ...]: how many of the keys there are.
#include "engine/commands/lookup.h"
#include "execution/command_context.h"

namespace redstart {
namespace {

void run(CommandContext& c) {
  int64_t found = 0;
  for (const std::string_view key : c.args().subspan(1)) found += look_at(c, key) != nullptr;
  c.reply().integer(found);
}

constexpr KeySpec kKeys[] = {
    {.flags = kKeyRO, .index = 1, .last = -1},
};

constexpr Argument kArguments[] = {
    {.name = "key", .type = ArgumentType::key, .key_spec = 0, .flags = kMultiple},
};

constexpr std::string_view kTips[] = {"request_policy:multi_shard", "response_policy:agg_sum"};

constexpr HistoryEntry kHistory[] = {
    {"3.0.3", "Takes several keys."},
};

}  // namespace

REDSTART_COMMAND(exists) = {
    .name = "exists",
    .summary = "Counts how many of the given keys exist.",
    .complexity = "O(N), N: keys",
    .since = "1.0.0",
    .group = CommandGroup::generic,
    .arity = -2,
    .flags = kReadonly | kFast,
    .acl_categories = "keyspace",
    .keys = kKeys,
    .arguments = kArguments,
    .history = kHistory,
    .tips = kTips,
    .run = run,
};

}  // namespace redstart
