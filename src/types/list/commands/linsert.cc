// LINSERT
#include "execution/command_context.h"

namespace redstart {
namespace {

void run(CommandContext& c) {
  // IMPLEMENT
}

constexpr KeySpec kKeys[] = {
    {.flags = kKeyRW | kKeyInsert, .index = 1, .last = 0},
};

constexpr Argument kArgumentsWhere[] = {
    {.name = "before", .type = ArgumentType::pure_token, .token = "BEFORE"},
    {.name = "after", .type = ArgumentType::pure_token, .token = "AFTER"},
};

constexpr Argument kArguments[] = {
    {.name = "key", .type = ArgumentType::key, .key_spec = 0},
    {.name = "where", .type = ArgumentType::one_of, .children = kArgumentsWhere},
    {.name = "pivot", .type = ArgumentType::string},
    {.name = "element", .type = ArgumentType::string},
};

}  // namespace

const CommandSpec linsert_command = {
    .name = "linsert",
    .summary = "",
    .complexity = "O(N) where N is the number of elements to traverse before seeing the value pivot. This means that inserting somewhere on the left end on the list (head) can be considered O(1) and inserting somewhere on the right end (tail) is O(N).",
    .since = "2.2.0",
    .group = CommandGroup::list,
    .arity = 5,
    .flags = kWrite | kDenyOom,
    .acl_categories = "list",
    .keys = kKeys,
    .arguments = kArguments,
    .run = run,
};

}  // namespace redstart
