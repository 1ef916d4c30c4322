// BLPOP key [key ...] timeout:
// takes the head of the first list that has one, waiting for it if need be.
// BRPOP key [key ...] timeout:
// takes the tail of the first list that has one, waiting for it if need be.
#include "execution/command_context.h"
#include "types/list/commands/ends.h"

namespace redstart {
namespace {

constexpr KeySpec kKeys[] = {
    {.flags = kKeyRW | kKeyAccess | kKeyDelete, .index = 1, .last = -2},
};

constexpr Argument kArguments[] = {
    {.name = "key", .type = ArgumentType::key, .key_spec = 0, .flags = kMultiple},
    {.name = "timeout", .type = ArgumentType::number},
};

constexpr HistoryEntry kHistory[] = {
    {"6.0.0", "`timeout` may have a fraction."},
};

}  // namespace

REDSTART_COMMAND(blpop) = {
    .name = "blpop",
    .summary = "Takes the head of the first list that has one, waiting for it if need be.",
    .complexity = "O(N), N: keys",
    .since = "2.0.0",
    .group = CommandGroup::list,
    .arity = -3,
    .flags = kWrite | kNoScript | kBlocking,
    .acl_categories = "list",
    .keys = kKeys,
    .arguments = kArguments,
    .history = kHistory,
    .run = [](CommandContext& c) { run_blocking_pop(c, List::End::head); },
};

REDSTART_COMMAND(brpop) = {
    .name = "brpop",
    .summary = "Takes the tail of the first list that has one, waiting for it if need be.",
    .complexity = "O(N), N: keys",
    .since = "2.0.0",
    .group = CommandGroup::list,
    .arity = -3,
    .flags = kWrite | kNoScript | kBlocking,
    .acl_categories = "list",
    .keys = kKeys,
    .arguments = kArguments,
    .history = kHistory,
    .run = [](CommandContext& c) { run_blocking_pop(c, List::End::tail); },
};

}  // namespace redstart
