// COPY
#include "execution/command_context.h"

namespace redstart {
namespace {

void run(CommandContext& c) {
  // IMPLEMENT
}

constexpr KeySpec kKeys[] = {
    {.flags = kKeyRO | kKeyAccess, .index = 1, .last = 0},
    {.flags = kKeyOW | kKeyUpdate, .index = 2, .last = 0},
};

constexpr Argument kArguments[] = {
    {.name = "source", .type = ArgumentType::key, .key_spec = 0},
    {.name = "destination", .type = ArgumentType::key, .key_spec = 1},
    {.name = "destination-db", .type = ArgumentType::integer, .token = "DB", .flags = kOptional},
    {.name = "replace", .type = ArgumentType::pure_token, .token = "REPLACE", .flags = kOptional},
};

}  // namespace

const CommandSpec copy_command = {
    .name = "copy",
    .summary = "",
    .complexity = "O(N) worst case for collections, where N is the number of nested items. O(1) for string values.",
    .since = "6.2.0",
    .group = CommandGroup::generic,
    .arity = -3,
    .flags = kWrite | kDenyOom,
    .acl_categories = "keyspace",
    .keys = kKeys,
    .arguments = kArguments,
    .run = run,
};

}  // namespace redstart
