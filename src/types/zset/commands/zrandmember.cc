// ZRANDMEMBER key [count [WITHSCORES]]: random members
#include "execution/command_context.h"
#include "types/zset/commands/random_members.h"

namespace redstart {
namespace {

void run(CommandContext& c) { run_sorted_set_random_members(c); }

constexpr KeySpec kKeys[] = {
    {.flags = kKeyRO | kKeyAccess, .index = 1, .last = 0},
};

constexpr Argument kArgumentsOptions[] = {
    {.name = "count", .type = ArgumentType::integer},
    {.name = "withscores",
     .type = ArgumentType::pure_token,
     .token = "WITHSCORES",
     .flags = kOptional},
};

constexpr Argument kArguments[] = {
    {.name = "key", .type = ArgumentType::key, .key_spec = 0},
    {.name = "options",
     .type = ArgumentType::block,
     .flags = kOptional,
     .children = kArgumentsOptions},
};

constexpr std::string_view kTips[] = {"nondeterministic_output"};

}  // namespace

REDSTART_COMMAND(zrandmember) = {
    .name = "zrandmember",
    .summary = "Gives random members: distinct ones, or, for a negative count, perhaps repeated.",
    .complexity = "O(N), N: members returned",
    .since = "6.2.0",
    .group = CommandGroup::sorted_set,
    .arity = -2,
    .flags = kReadonly,
    .acl_categories = "sortedset",
    .keys = kKeys,
    .arguments = kArguments,
    .tips = kTips,
    .run = run,
};

}  // namespace redstart
