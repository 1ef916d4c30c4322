// SCAN
#include "execution/command_context.h"

namespace redstart {
namespace {

void run(CommandContext& c) {
  // IMPLEMENT
}

constexpr Argument kArguments[] = {
    {.name = "cursor", .type = ArgumentType::integer},
    {.name = "pattern", .type = ArgumentType::pattern, .token = "MATCH", .flags = kOptional},
    {.name = "count", .type = ArgumentType::integer, .token = "COUNT", .flags = kOptional},
    {.name = "type", .type = ArgumentType::string, .token = "TYPE", .flags = kOptional, .since = "6.0.0"},
};

constexpr std::string_view kTips[] = {"nondeterministic_output", "request_policy:special"};

}  // namespace

const CommandSpec scan_command = {
    .name = "scan",
    .summary = "",
    .complexity = "O(1) for every call. O(N) for a complete iteration, including enough command calls for the cursor to return back to 0. N is the number of elements inside the collection.",
    .since = "2.8.0",
    .group = CommandGroup::generic,
    .arity = -2,
    .flags = kReadonly,
    .acl_categories = "keyspace",
    .arguments = kArguments,
    .tips = kTips,
    .run = run,
};

}  // namespace redstart
