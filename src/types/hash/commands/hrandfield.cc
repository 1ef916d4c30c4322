// HRANDFIELD
#include "execution/command_context.h"

namespace redstart {
namespace {

void run(CommandContext& c) {
  // IMPLEMENT
}

constexpr KeySpec kKeys[] = {
    {.flags = kKeyRO | kKeyAccess, .index = 1, .last = 0},
};

constexpr Argument kArgumentsOptions[] = {
    {.name = "count", .type = ArgumentType::integer},
    {.name = "withvalues", .type = ArgumentType::pure_token, .token = "WITHVALUES", .flags = kOptional},
};

constexpr Argument kArguments[] = {
    {.name = "key", .type = ArgumentType::key, .key_spec = 0},
    {.name = "options", .type = ArgumentType::block, .flags = kOptional, .children = kArgumentsOptions},
};

constexpr std::string_view kTips[] = {"nondeterministic_output"};

}  // namespace

const CommandSpec hrandfield_command = {
    .name = "hrandfield",
    .summary = "",
    .complexity = "O(N) where N is the number of fields returned",
    .since = "6.2.0",
    .group = CommandGroup::hash,
    .arity = -2,
    .flags = kReadonly,
    .acl_categories = "hash",
    .keys = kKeys,
    .arguments = kArguments,
    .tips = kTips,
    .run = run,
};

}  // namespace redstart
