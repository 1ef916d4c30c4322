// ZRANK key member [WITHSCORE]: a member's place from the lowest score
// ZREVRANK key member [WITHSCORE]: a member's place from the highest score
#include "execution/command_context.h"
#include "types/zset/commands/range.h"

namespace redstart {
namespace {

constexpr KeySpec kKeys[] = {
    {.flags = kKeyRO | kKeyAccess, .index = 1, .last = 0},
};

constexpr Argument kArguments[] = {
    {.name = "key", .type = ArgumentType::key, .key_spec = 0},
    {.name = "member", .type = ArgumentType::string},
    {.name = "withscore",
     .type = ArgumentType::pure_token,
     .token = "WITHSCORE",
     .flags = kOptional,
     .since = "7.2.0"},
};

}  // namespace

REDSTART_COMMAND(zrank) = {
    .name = "zrank",
    .summary = "Tells how many members stand before one, from the lowest score on.",
    .complexity = "O(log(N)), N: members of the set",
    .since = "2.0.0",
    .group = CommandGroup::sorted_set,
    .arity = -3,
    .flags = kReadonly | kFast,
    .acl_categories = "sortedset",
    .element_index = 2,
    .keys = kKeys,
    .arguments = kArguments,
    .run = [](CommandContext& c) { run_rank(c, false); },
};

REDSTART_COMMAND(zrevrank) = {
    .name = "zrevrank",
    .summary = "Tells how many members stand before one, from the highest score on.",
    .complexity = "O(log(N)), N: members of the set",
    .since = "2.0.0",
    .group = CommandGroup::sorted_set,
    .arity = -3,
    .flags = kReadonly | kFast,
    .acl_categories = "sortedset",
    .element_index = 2,
    .keys = kKeys,
    .arguments = kArguments,
    .run = [](CommandContext& c) { run_rank(c, true); },
};

}  // namespace redstart
