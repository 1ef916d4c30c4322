// TTL key: the seconds that a key has to live.
// PTTL key: the milliseconds that a key has to live.
#include "engine/commands/deadlines.h"
#include "execution/command_context.h"

namespace redstart {
namespace {

constexpr KeySpec kKeys[] = {
    {.flags = kKeyRO | kKeyAccess, .index = 1, .last = 0},
};

constexpr Argument kArguments[] = {
    {.name = "key", .type = ArgumentType::key, .key_spec = 0},
};

constexpr std::string_view kTips[] = {"nondeterministic_output"};

constexpr HistoryEntry kHistory[] = {
    {"2.8.0", "Replies -2 when there is no such key."},
};

}  // namespace

REDSTART_COMMAND(ttl) = {
    .name = "ttl",
    .summary = "Tells how many seconds a key has left.",
    .complexity = "O(1)",
    .since = "1.0.0",
    .group = CommandGroup::generic,
    .arity = 2,
    .flags = kReadonly | kFast,
    .acl_categories = "keyspace",
    .keys = kKeys,
    .arguments = kArguments,
    .history = kHistory,
    .tips = kTips,
    .run = [](CommandContext& c) { reply_key_deadline(c, TimeUnit::seconds, TimeOrigin::now); },
};

REDSTART_COMMAND(pttl) = {
    .name = "pttl",
    .summary = "Tells how many milliseconds a key has left.",
    .complexity = "O(1)",
    .since = "2.6.0",
    .group = CommandGroup::generic,
    .arity = 2,
    .flags = kReadonly | kFast,
    .acl_categories = "keyspace",
    .keys = kKeys,
    .arguments = kArguments,
    .history = kHistory,
    .tips = kTips,
    .run =
        [](CommandContext& c) { reply_key_deadline(c, TimeUnit::milliseconds, TimeOrigin::now); },
};

}  // namespace redstart
