// DEL key [key ...]: deletes keys.
#include "engine/commands/removal.h"
#include "execution/command_context.h"

namespace redstart {
namespace {

void run(CommandContext& c) { remove_keys(c, false); }

constexpr KeySpec kKeys[] = {
    {.flags = kKeyRM | kKeyDelete, .index = 1, .last = -1},
};

constexpr Argument kArguments[] = {
    {.name = "key", .type = ArgumentType::key, .key_spec = 0, .flags = kMultiple},
};

constexpr std::string_view kTips[] = {"request_policy:multi_shard", "response_policy:agg_sum"};

}  // namespace

REDSTART_COMMAND(del) = {
    .name = "del",
    .summary = "Deletes keys and tells how many there were.",
    .complexity = "O(N + M), N: keys, M: elements of the collections among them",
    .since = "1.0.0",
    .group = CommandGroup::generic,
    .arity = -2,
    .flags = kWrite,
    .acl_categories = "keyspace",
    .keys = kKeys,
    .arguments = kArguments,
    .tips = kTips,
    .run = run,
};

}  // namespace redstart
