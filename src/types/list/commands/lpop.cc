// LPOP key [count]: takes elements off the head of a list.
// RPOP key [count]: takes elements off the tail of a list.
#include "execution/command_context.h"
#include "types/list/commands/ends.h"

namespace redstart {
namespace {

constexpr KeySpec kKeys[] = {
    {.flags = kKeyRW | kKeyAccess | kKeyDelete, .index = 1, .last = 0},
};

constexpr Argument kArguments[] = {
    {.name = "key", .type = ArgumentType::key, .key_spec = 0},
    {.name = "count", .type = ArgumentType::integer, .flags = kOptional, .since = "6.2.0"},
};

}  // namespace

REDSTART_COMMAND(lpop) = {
    .name = "lpop",
    .summary = "Takes elements off the head of a list.",
    .complexity = "O(N), N: elements popped",
    .since = "1.0.0",
    .group = CommandGroup::list,
    .arity = -2,
    .flags = kWrite | kFast,
    .acl_categories = "list",
    .keys = kKeys,
    .arguments = kArguments,
    .run = [](CommandContext& c) { run_pop(c, List::End::head); },
};

REDSTART_COMMAND(rpop) = {
    .name = "rpop",
    .summary = "Takes elements off the tail of a list.",
    .complexity = "O(N), N: elements popped",
    .since = "1.0.0",
    .group = CommandGroup::list,
    .arity = -2,
    .flags = kWrite | kFast,
    .acl_categories = "list",
    .keys = kKeys,
    .arguments = kArguments,
    .run = [](CommandContext& c) { run_pop(c, List::End::tail); },
};

}  // namespace redstart
