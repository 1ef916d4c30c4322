// LCS
#include "execution/command_context.h"

namespace redstart {
namespace {

void run(CommandContext& c) {
  // IMPLEMENT
}

constexpr KeySpec kKeys[] = {
    {.flags = kKeyRO | kKeyAccess, .index = 1, .last = 1},
};

constexpr Argument kArguments[] = {
    {.name = "key1", .type = ArgumentType::key, .key_spec = 0},
    {.name = "key2", .type = ArgumentType::key, .key_spec = 0},
    {.name = "len", .type = ArgumentType::pure_token, .token = "LEN", .flags = kOptional},
    {.name = "idx", .type = ArgumentType::pure_token, .token = "IDX", .flags = kOptional},
    {.name = "len", .type = ArgumentType::integer, .token = "MINMATCHLEN", .flags = kOptional},
    {.name = "withmatchlen", .type = ArgumentType::pure_token, .token = "WITHMATCHLEN", .flags = kOptional},
};

}  // namespace

const CommandSpec lcs_command = {
    .name = "lcs",
    .summary = "",
    .complexity = "O(N*M) where N and M are the lengths of s1 and s2, respectively",
    .since = "7.0.0",
    .group = CommandGroup::string,
    .arity = -3,
    .flags = kReadonly,
    .acl_categories = "string",
    .keys = kKeys,
    .arguments = kArguments,
    .run = run,
};

}  // namespace redstart
