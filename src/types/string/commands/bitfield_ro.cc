// BITFIELD_RO key [GET type offset ...]: reads integers of any width within a string.
#include "types/string/commands/bitfield_run.h"

namespace redstart {
namespace {

void run(CommandContext& c) { run_bitfield(c, false); }

constexpr KeySpec kKeys[] = {
    {.flags = kKeyRO | kKeyAccess, .index = 1, .last = 0},
};

constexpr Argument kArgumentsGet[] = {
    {.name = "encoding", .type = ArgumentType::string},
    {.name = "offset", .type = ArgumentType::integer},
};

constexpr Argument kArguments[] = {
    {.name = "key", .type = ArgumentType::key, .key_spec = 0},
    {.name = "encoding_offset",
     .type = ArgumentType::block,
     .token = "GET",
     .flags = kOptional | kMultiple | kMultipleToken,
     .children = kArgumentsGet},
};

}  // namespace

REDSTART_COMMAND(bitfield_ro) = {
    .name = "bitfield_ro",
    .summary = "Reads integers of any width within the string at a key.",
    .complexity = "O(N), N: operations",
    .since = "6.0.0",
    .group = CommandGroup::bitmap,
    .arity = -2,
    .flags = kReadonly | kFast,
    .acl_categories = "bitmap",
    .keys = kKeys,
    .arguments = kArguments,
    .run = run,
};

}  // namespace redstart
