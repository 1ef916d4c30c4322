// REPLICAOF host port | NO ONE: a server by itself is a master, and stays one.
// SLAVEOF host port | NO ONE: a server by itself is a master, and stays one.
#include "execution/commands/single_node.h"

namespace redstart {
namespace {

constexpr Argument kArgumentsArgsHostPort[] = {
    {.name = "host", .type = ArgumentType::string},
    {.name = "port", .type = ArgumentType::integer},
};

constexpr Argument kArgumentsArgsNoOne[] = {
    {.name = "no", .type = ArgumentType::pure_token, .token = "NO"},
    {.name = "one", .type = ArgumentType::pure_token, .token = "ONE"},
};

constexpr Argument kArgumentsArgs[] = {
    {.name = "host-port", .type = ArgumentType::block, .children = kArgumentsArgsHostPort},
    {.name = "no-one", .type = ArgumentType::block, .children = kArgumentsArgsNoOne},
};

constexpr Argument kArguments[] = {
    {.name = "args", .type = ArgumentType::one_of, .children = kArgumentsArgs},
};

}  // namespace

REDSTART_COMMAND(replicaof) = {
    .name = "replicaof",
    .summary = "Makes this server a replica of another one, or a master.",
    .complexity = "O(1)",
    .since = "5.0.0",
    .group = CommandGroup::server,
    .arity = 3,
    .flags = kAdmin | kNoScript | kStale | kNoAsyncLoading,
    .arguments = kArguments,
    .run = follow_or_lead,
};

REDSTART_COMMAND(slaveof) = {
    .name = "slaveof",
    .summary = "Makes this server a replica of another one, or a master.",
    .complexity = "O(1)",
    .since = "1.0.0",
    .group = CommandGroup::server,
    .arity = 3,
    .flags = kAdmin | kNoScript | kStale | kNoAsyncLoading,
    .arguments = kArguments,
    .deprecated_since = "5.0.0",
    .replaced_by = "REPLICAOF",
    .run = follow_or_lead,
};

}  // namespace redstart
