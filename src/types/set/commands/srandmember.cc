// SRANDMEMBER key [count]:
// gives random members of a set: distinct ones, or any when the count is negative.
#include "execution/command_context.h"
#include "types/set/commands/members.h"

namespace redstart {
namespace {

void run(CommandContext& c) {
  if (c.arg_count() > 3) return c.syntax_error();
  c.arg_count() == 3 ? run_random_members(c) : run_random_member(c);
}

constexpr KeySpec kKeys[] = {
    {.flags = kKeyRO | kKeyAccess, .index = 1, .last = 0},
};

constexpr Argument kArguments[] = {
    {.name = "key", .type = ArgumentType::key, .key_spec = 0},
    {.name = "count", .type = ArgumentType::integer, .flags = kOptional, .since = "2.6.0"},
};

constexpr std::string_view kTips[] = {"nondeterministic_output"};

}  // namespace

REDSTART_COMMAND(srandmember) = {
    .name = "srandmember",
    .summary = "Gives random members of a set: distinct ones, or any when the count is negative.",
    .complexity = "O(N), N: members returned",
    .since = "1.0.0",
    .group = CommandGroup::set,
    .arity = -2,
    .flags = kReadonly,
    .acl_categories = "set",
    .keys = kKeys,
    .arguments = kArguments,
    .tips = kTips,
    .run = run,
};

}  // namespace redstart
