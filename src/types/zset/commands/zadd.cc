// ZADD key [NX|XX] [GT|LT] [CH] [INCR] score member ...: gives members their scores
#include "execution/command_context.h"
#include "types/zset/commands/add.h"

namespace redstart {
namespace {

void run(CommandContext& c) { run_zadd(c, false); }

constexpr KeySpec kKeys[] = {
    {.flags = kKeyRW | kKeyUpdate, .index = 1, .last = 0},
};

constexpr Argument kArgumentsCondition[] = {
    {.name = "nx", .type = ArgumentType::pure_token, .token = "NX"},
    {.name = "xx", .type = ArgumentType::pure_token, .token = "XX"},
};

constexpr Argument kArgumentsComparison[] = {
    {.name = "gt", .type = ArgumentType::pure_token, .token = "GT"},
    {.name = "lt", .type = ArgumentType::pure_token, .token = "LT"},
};

constexpr Argument kArgumentsScoreMember[] = {
    {.name = "score", .type = ArgumentType::number},
    {.name = "member", .type = ArgumentType::string},
};

constexpr Argument kArguments[] = {
    {.name = "key", .type = ArgumentType::key, .key_spec = 0},
    {.name = "condition",
     .type = ArgumentType::one_of,
     .flags = kOptional,
     .since = "3.0.2",
     .children = kArgumentsCondition},
    {.name = "comparison",
     .type = ArgumentType::one_of,
     .flags = kOptional,
     .since = "6.2.0",
     .children = kArgumentsComparison},
    {.name = "change",
     .type = ArgumentType::pure_token,
     .token = "CH",
     .flags = kOptional,
     .since = "3.0.2"},
    {.name = "increment",
     .type = ArgumentType::pure_token,
     .token = "INCR",
     .flags = kOptional,
     .since = "3.0.2"},
    {.name = "score_member",
     .type = ArgumentType::block,
     .flags = kMultiple,
     .children = kArgumentsScoreMember},
};

constexpr HistoryEntry kHistory[] = {
    {"2.4.0", "Takes several members."},
};

}  // namespace

REDSTART_COMMAND(zadd) = {
    .name = "zadd",
    .summary = "Gives members their scores, adding those that are new.",
    .complexity = "O(M*log(N)), M: members given, N: members of the set",
    .since = "1.2.0",
    .group = CommandGroup::sorted_set,
    .arity = -4,
    .flags = kWrite | kDenyOom | kFast,
    .acl_categories = "sortedset",
    .element_index = 3,
    .keys = kKeys,
    .arguments = kArguments,
    .history = kHistory,
    .run = run,
};

}  // namespace redstart
