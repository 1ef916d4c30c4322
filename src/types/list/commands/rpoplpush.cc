// RPOPLPUSH source destination: moves the tail of one list to the head of another.
#include "execution/command_context.h"
#include "types/list/commands/ends.h"

namespace redstart {
namespace {

void run(CommandContext& c) { run_move(c, {.from = List::End::tail, .to = List::End::head}); }

constexpr KeySpec kKeys[] = {
    {.flags = kKeyRW | kKeyAccess | kKeyDelete, .index = 1, .last = 0},
    {.flags = kKeyRW | kKeyInsert, .index = 2, .last = 0},
};

constexpr Argument kArguments[] = {
    {.name = "source", .type = ArgumentType::key, .key_spec = 0},
    {.name = "destination", .type = ArgumentType::key, .key_spec = 1},
};

}  // namespace

REDSTART_COMMAND(rpoplpush) = {
    .name = "rpoplpush",
    .summary = "Moves the tail of one list to the head of another.",
    .complexity = "O(1)",
    .since = "1.2.0",
    .group = CommandGroup::list,
    .arity = 3,
    .flags = kWrite | kDenyOom,
    .acl_categories = "list",
    .keys = kKeys,
    .arguments = kArguments,
    .deprecated_since = "6.2.0",
    .replaced_by = "LMOVE RIGHT LEFT",
    .run = run,
};

}  // namespace redstart
