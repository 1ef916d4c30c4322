// APPEND
#include "execution/command_context.h"

namespace redstart {
namespace {

void run(CommandContext& c) {
  // IMPLEMENT
}

constexpr KeySpec kKeys[] = {
    {.flags = kKeyRW | kKeyInsert, .index = 1, .last = 0},
};

constexpr Argument kArguments[] = {
    {.name = "key", .type = ArgumentType::key, .key_spec = 0},
    {.name = "value", .type = ArgumentType::string},
};

}  // namespace

const CommandSpec append_command = {
    .name = "append",
    .summary = "",
    .complexity = "O(1). The amortized time complexity is O(1) assuming the appended value is small and the already present value is of any size, since the dynamic string library used by Redis will double the free space available on every reallocation.",
    .since = "2.0.0",
    .group = CommandGroup::string,
    .arity = 3,
    .flags = kWrite | kDenyOom | kFast,
    .acl_categories = "string",
    .keys = kKeys,
    .arguments = kArguments,
    .run = run,
};

}  // namespace redstart
