// BRPOPLPUSH source destination timeout:
// moves the tail of one list to the head of another, waiting for it if need be.
#include "execution/command_context.h"
#include "types/list/commands/ends.h"

namespace redstart {
namespace {

void run(CommandContext& c) {
  run_blocking_move(c, {.from = List::End::tail, .to = List::End::head}, 3);
}

constexpr KeySpec kKeys[] = {
    {.flags = kKeyRW | kKeyAccess | kKeyDelete, .index = 1, .last = 0},
    {.flags = kKeyRW | kKeyInsert, .index = 2, .last = 0},
};

constexpr Argument kArguments[] = {
    {.name = "source", .type = ArgumentType::key, .key_spec = 0},
    {.name = "destination", .type = ArgumentType::key, .key_spec = 1},
    {.name = "timeout", .type = ArgumentType::number},
};

constexpr HistoryEntry kHistory[] = {
    {"6.0.0", "`timeout` may have a fraction."},
};

}  // namespace

REDSTART_COMMAND(brpoplpush) = {
    .name = "brpoplpush",
    .summary = "Moves the tail of one list to the head of another, waiting for it if need be.",
    .complexity = "O(1)",
    .since = "2.2.0",
    .group = CommandGroup::list,
    .arity = 4,
    .flags = kWrite | kDenyOom | kNoScript | kBlocking,
    .acl_categories = "list",
    .keys = kKeys,
    .arguments = kArguments,
    .deprecated_since = "6.2.0",
    .replaced_by = "BLMOVE RIGHT LEFT",
    .history = kHistory,
    .run = run,
};

}  // namespace redstart
