// UNLINK key [key ...]: deletes keys, whose big values are freed afterwards.
#include "engine/commands/removal.h"
#include "execution/command_context.h"

namespace redstart {
namespace {

void run(CommandContext& c) { remove_keys(c, true); }

constexpr KeySpec kKeys[] = {
    {.flags = kKeyRM | kKeyDelete, .index = 1, .last = -1},
};

constexpr Argument kArguments[] = {
    {.name = "key", .type = ArgumentType::key, .key_spec = 0, .flags = kMultiple},
};

constexpr std::string_view kTips[] = {"request_policy:multi_shard", "response_policy:agg_sum"};

}  // namespace

REDSTART_COMMAND(unlink) = {
    .name = "unlink",
    .summary = "Deletes keys at once and frees big values in the background.",
    .complexity = "O(N), N: keys; their values are freed later, off the caller's time",
    .since = "4.0.0",
    .group = CommandGroup::generic,
    .arity = -2,
    .flags = kWrite | kFast,
    .acl_categories = "keyspace",
    .keys = kKeys,
    .arguments = kArguments,
    .tips = kTips,
    .run = run,
};

}  // namespace redstart
