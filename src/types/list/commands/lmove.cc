// LMOVE source destination LEFT|RIGHT LEFT|RIGHT:
// moves an element from an end of one list to an end of another.
#include "execution/command_context.h"
#include "types/list/commands/ends.h"

namespace redstart {
namespace {

void run(CommandContext& c) {
  ListMove move;
  if (!parse_list_end(c, 3, move.from) || !parse_list_end(c, 4, move.to)) return;
  run_move(c, move);
}

constexpr KeySpec kKeys[] = {
    {.flags = kKeyRW | kKeyAccess | kKeyDelete, .index = 1, .last = 0},
    {.flags = kKeyRW | kKeyInsert, .index = 2, .last = 0},
};

constexpr Argument kArgumentsWherefrom[] = {
    {.name = "left", .type = ArgumentType::pure_token, .token = "LEFT"},
    {.name = "right", .type = ArgumentType::pure_token, .token = "RIGHT"},
};

constexpr Argument kArgumentsWhereto[] = {
    {.name = "left", .type = ArgumentType::pure_token, .token = "LEFT"},
    {.name = "right", .type = ArgumentType::pure_token, .token = "RIGHT"},
};

constexpr Argument kArguments[] = {
    {.name = "source", .type = ArgumentType::key, .key_spec = 0},
    {.name = "destination", .type = ArgumentType::key, .key_spec = 1},
    {.name = "wherefrom", .type = ArgumentType::one_of, .children = kArgumentsWherefrom},
    {.name = "whereto", .type = ArgumentType::one_of, .children = kArgumentsWhereto},
};

}  // namespace

REDSTART_COMMAND(lmove) = {
    .name = "lmove",
    .summary = "Moves an element from an end of one list to an end of another.",
    .complexity = "O(1)",
    .since = "6.2.0",
    .group = CommandGroup::list,
    .arity = 5,
    .flags = kWrite | kDenyOom,
    .acl_categories = "list",
    .keys = kKeys,
    .arguments = kArguments,
    .run = run,
};

}  // namespace redstart
