// KEYS
#include "execution/command_context.h"

namespace redstart {
namespace {

void run(CommandContext& c) {
  // IMPLEMENT
}

constexpr Argument kArguments[] = {
    {.name = "pattern", .type = ArgumentType::pattern},
};

constexpr std::string_view kTips[] = {"request_policy:all_shards", "nondeterministic_output_order"};

}  // namespace

const CommandSpec keys_command = {
    .name = "keys",
    .summary = "",
    .complexity = "O(N) with N being the number of keys in the database, under the assumption that the key names in the database and the given pattern have limited length.",
    .since = "1.0.0",
    .group = CommandGroup::generic,
    .arity = 2,
    .flags = kReadonly,
    .acl_categories = "dangerous keyspace",
    .arguments = kArguments,
    .tips = kTips,
    .run = run,
};

}  // namespace redstart
