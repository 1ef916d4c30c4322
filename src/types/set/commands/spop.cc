// SPOP key [count]: takes random members out of a set.
#include "execution/command_context.h"
#include "types/set/commands/members.h"

namespace redstart {
namespace {

void run(CommandContext& c) {
  if (c.arg_count() > 3) return c.syntax_error();
  c.arg_count() == 3 ? run_pop_members(c) : run_pop_member(c);
}

constexpr KeySpec kKeys[] = {
    {.flags = kKeyRW | kKeyAccess | kKeyDelete, .index = 1, .last = 0},
};

constexpr Argument kArguments[] = {
    {.name = "key", .type = ArgumentType::key, .key_spec = 0},
    {.name = "count", .type = ArgumentType::integer, .flags = kOptional, .since = "3.2.0"},
};

constexpr std::string_view kTips[] = {"nondeterministic_output"};

}  // namespace

REDSTART_COMMAND(spop) = {
    .name = "spop",
    .summary = "Takes random members out of a set.",
    .complexity = "O(N), N: members returned",
    .since = "1.0.0",
    .group = CommandGroup::set,
    .arity = -2,
    .flags = kWrite | kFast,
    .acl_categories = "set",
    .keys = kKeys,
    .arguments = kArguments,
    .tips = kTips,
    .run = run,
};

}  // namespace redstart
