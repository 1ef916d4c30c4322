// LMPOP numkeys key [key ...] LEFT|RIGHT [COUNT count]:
// takes elements off an end of the first list that has any.
#include "execution/command_context.h"
#include "types/list/commands/ends.h"

namespace redstart {
namespace {

void run(CommandContext& c) { run_pop_of_many(c); }

constexpr KeySpec kKeys[] = {
    counted_keys(kKeyRW | kKeyAccess | kKeyDelete, 1),
};

constexpr Argument kArgumentsWhere[] = {
    {.name = "left", .type = ArgumentType::pure_token, .token = "LEFT"},
    {.name = "right", .type = ArgumentType::pure_token, .token = "RIGHT"},
};

constexpr Argument kArguments[] = {
    {.name = "numkeys", .type = ArgumentType::integer},
    {.name = "key", .type = ArgumentType::key, .key_spec = 0, .flags = kMultiple},
    {.name = "where", .type = ArgumentType::one_of, .children = kArgumentsWhere},
    {.name = "count", .type = ArgumentType::integer, .token = "COUNT", .flags = kOptional},
};

}  // namespace

REDSTART_COMMAND(lmpop) = {
    .name = "lmpop",
    .summary = "Takes elements off an end of the first list that has any.",
    .complexity = "O(N + M), N: keys, M: elements popped",
    .since = "7.0.0",
    .group = CommandGroup::list,
    .arity = -4,
    .flags = kWrite | kMovableKeys,
    .acl_categories = "list",
    .keys = kKeys,
    .arguments = kArguments,
    .run = run,
};

}  // namespace redstart
