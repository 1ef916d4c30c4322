// LPUSH key element [element ...]:
// puts elements before the first of a list, which is created if missing.
// RPUSH key element [element ...]:
// puts elements behind the last of a list, which is created if missing.
// LPUSHX key element [element ...]: puts elements before the first of a list, if there is one.
// RPUSHX key element [element ...]: puts elements behind the last of a list, if there is one.
#include "execution/command_context.h"
#include "types/list/commands/ends.h"

namespace redstart {
namespace {

constexpr KeySpec kKeys[] = {
    {.flags = kKeyRW | kKeyInsert, .index = 1, .last = 0},
};

constexpr Argument kArguments[] = {
    {.name = "key", .type = ArgumentType::key, .key_spec = 0},
    {.name = "element", .type = ArgumentType::string, .flags = kMultiple},
};

constexpr HistoryEntry kPushHistory[] = {
    {"2.4.0", "Takes several elements."},
};

constexpr HistoryEntry kPushxHistory[] = {
    {"4.0.0", "Takes several elements."},
};

}  // namespace

REDSTART_COMMAND(lpush) = {
    .name = "lpush",
    .summary = "Puts elements before the first of a list, which is created if missing.",
    .complexity = "O(N), N: elements given",
    .since = "1.0.0",
    .group = CommandGroup::list,
    .arity = -3,
    .flags = kWrite | kDenyOom | kFast,
    .acl_categories = "list",
    .keys = kKeys,
    .arguments = kArguments,
    .history = kPushHistory,
    .run = [](CommandContext& c) { run_push(c, List::End::head); },
};

REDSTART_COMMAND(rpush) = {
    .name = "rpush",
    .summary = "Puts elements behind the last of a list, which is created if missing.",
    .complexity = "O(N), N: elements given",
    .since = "1.0.0",
    .group = CommandGroup::list,
    .arity = -3,
    .flags = kWrite | kDenyOom | kFast,
    .acl_categories = "list",
    .keys = kKeys,
    .arguments = kArguments,
    .history = kPushHistory,
    .run = [](CommandContext& c) { run_push(c, List::End::tail); },
};

REDSTART_COMMAND(lpushx) = {
    .name = "lpushx",
    .summary = "Puts elements before the first of a list, if there is one.",
    .complexity = "O(N), N: elements given",
    .since = "2.2.0",
    .group = CommandGroup::list,
    .arity = -3,
    .flags = kWrite | kDenyOom | kFast,
    .acl_categories = "list",
    .keys = kKeys,
    .arguments = kArguments,
    .history = kPushxHistory,
    .run = [](CommandContext& c) { run_push_existing(c, List::End::head); },
};

REDSTART_COMMAND(rpushx) = {
    .name = "rpushx",
    .summary = "Puts elements behind the last of a list, if there is one.",
    .complexity = "O(N), N: elements given",
    .since = "2.2.0",
    .group = CommandGroup::list,
    .arity = -3,
    .flags = kWrite | kDenyOom | kFast,
    .acl_categories = "list",
    .keys = kKeys,
    .arguments = kArguments,
    .history = kPushxHistory,
    .run = [](CommandContext& c) { run_push_existing(c, List::End::tail); },
};

}  // namespace redstart
