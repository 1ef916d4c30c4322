// RENAMENX key newkey: gives a key another name that nobody has.
#include "engine/commands/transfer.h"
#include "execution/command_context.h"

namespace redstart {
namespace {

void run(CommandContext& c) { rename_key(c, true); }

constexpr KeySpec kKeys[] = {
    {.flags = kKeyRW | kKeyAccess | kKeyDelete, .index = 1, .last = 0},
    {.flags = kKeyOW | kKeyInsert, .index = 2, .last = 0},
};

constexpr Argument kArguments[] = {
    {.name = "key", .type = ArgumentType::key, .key_spec = 0},
    {.name = "newkey", .type = ArgumentType::key, .key_spec = 1},
};

constexpr HistoryEntry kHistory[] = {
    {"3.2.0", "The two names may be the same."},
};

}  // namespace

REDSTART_COMMAND(renamenx) = {
    .name = "renamenx",
    .summary = "Gives a key another name unless a key has it already.",
    .complexity = "O(1)",
    .since = "1.0.0",
    .group = CommandGroup::generic,
    .arity = 3,
    .flags = kWrite | kFast,
    .acl_categories = "keyspace",
    .keys = kKeys,
    .arguments = kArguments,
    .history = kHistory,
    .run = run,
};

}  // namespace redstart
