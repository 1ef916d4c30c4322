// RENAME key newkey: gives a key another name.
#include "engine/commands/transfer.h"
#include "execution/command_context.h"

namespace redstart {
namespace {

void run(CommandContext& c) { rename_key(c, false); }

constexpr KeySpec kKeys[] = {
    {.flags = kKeyRW | kKeyAccess | kKeyDelete, .index = 1, .last = 0},
    {.flags = kKeyOW | kKeyUpdate, .index = 2, .last = 0},
};

constexpr Argument kArguments[] = {
    {.name = "key", .type = ArgumentType::key, .key_spec = 0},
    {.name = "newkey", .type = ArgumentType::key, .key_spec = 1},
};

}  // namespace

REDSTART_COMMAND(rename) = {
    .name = "rename",
    .summary = "Gives a key another name, in place of what had it.",
    .complexity = "O(1)",
    .since = "1.0.0",
    .group = CommandGroup::generic,
    .arity = 3,
    .flags = kWrite,
    .acl_categories = "keyspace",
    .keys = kKeys,
    .arguments = kArguments,
    .run = run,
};

}  // namespace redstart
