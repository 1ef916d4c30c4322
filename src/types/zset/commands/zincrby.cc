// ZINCRBY key increment member: adds to a score
#include "execution/command_context.h"
#include "types/zset/commands/add.h"

namespace redstart {
namespace {

void run(CommandContext& c) { run_zadd(c, true); }

constexpr KeySpec kKeys[] = {
    {.flags = kKeyRW | kKeyAccess | kKeyUpdate, .index = 1, .last = 0},
};

constexpr Argument kArguments[] = {
    {.name = "key", .type = ArgumentType::key, .key_spec = 0},
    {.name = "increment", .type = ArgumentType::integer},
    {.name = "member", .type = ArgumentType::string},
};

}  // namespace

REDSTART_COMMAND(zincrby) = {
    .name = "zincrby",
    .summary = "Adds to the score of a member, which starts at zero.",
    .complexity = "O(log(N)), N: members of the set",
    .since = "1.2.0",
    .group = CommandGroup::sorted_set,
    .arity = 4,
    .flags = kWrite | kDenyOom | kFast,
    .acl_categories = "sortedset",
    .element_index = 3,
    .keys = kKeys,
    .arguments = kArguments,
    .run = run,
};

}  // namespace redstart
