// ZLEXCOUNT key min max: how many members lie within a range of names
#include "execution/command_context.h"
#include "types/zset/commands/range.h"

namespace redstart {
namespace {

void run(CommandContext& c) { run_count_range(c, RangeBy::lex); }

constexpr KeySpec kKeys[] = {
    {.flags = kKeyRO | kKeyAccess, .index = 1, .last = 0},
};

constexpr Argument kArguments[] = {
    {.name = "key", .type = ArgumentType::key, .key_spec = 0},
    {.name = "min", .type = ArgumentType::string},
    {.name = "max", .type = ArgumentType::string},
};

}  // namespace

REDSTART_COMMAND(zlexcount) = {
    .name = "zlexcount",
    .summary = "Counts the members that lie within a range in byte order.",
    .complexity = "O(log(N)), N: members of the set",
    .since = "2.8.9",
    .group = CommandGroup::sorted_set,
    .arity = 4,
    .flags = kReadonly | kFast,
    .acl_categories = "sortedset",
    .keys = kKeys,
    .arguments = kArguments,
    .run = run,
};

}  // namespace redstart
