// LPOS
#include "execution/command_context.h"

namespace redstart {
namespace {

void run(CommandContext& c) {
  // IMPLEMENT
}

constexpr KeySpec kKeys[] = {
    {.flags = kKeyRO | kKeyAccess, .index = 1, .last = 0},
};

constexpr Argument kArguments[] = {
    {.name = "key", .type = ArgumentType::key, .key_spec = 0},
    {.name = "element", .type = ArgumentType::string},
    {.name = "rank", .type = ArgumentType::integer, .token = "RANK", .flags = kOptional},
    {.name = "num-matches", .type = ArgumentType::integer, .token = "COUNT", .flags = kOptional},
    {.name = "len", .type = ArgumentType::integer, .token = "MAXLEN", .flags = kOptional},
};

}  // namespace

const CommandSpec lpos_command = {
    .name = "lpos",
    .summary = "",
    .complexity = "O(N) where N is the number of elements in the list, for the average case. When searching for elements near the head or the tail of the list, or when the MAXLEN option is provided, the command may run in constant time.",
    .since = "6.0.6",
    .group = CommandGroup::list,
    .arity = -3,
    .flags = kReadonly,
    .acl_categories = "list",
    .keys = kKeys,
    .arguments = kArguments,
    .run = run,
};

}  // namespace redstart
