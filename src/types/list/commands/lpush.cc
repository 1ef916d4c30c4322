// LPUSH key element [element ...]:
// puts elements before the first of a list, which is created if missing.
#include "execution/command_context.h"
#include "types/list/commands/ends.h"

namespace redstart {
namespace {

void run(CommandContext& c) { run_push(c, List::End::head); }

constexpr KeySpec kKeys[] = {
    {.flags = kKeyRW | kKeyInsert, .index = 1, .last = 0},
};

constexpr Argument kArguments[] = {
    {.name = "key", .type = ArgumentType::key, .key_spec = 0},
    {.name = "element", .type = ArgumentType::string, .flags = kMultiple},
};

constexpr HistoryEntry kHistory[] = {
    {"2.4.0", "Takes several elements."},
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
    .history = kHistory,
    .run = run,
};

}  // namespace redstart
