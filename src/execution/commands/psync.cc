// PSYNC replicationid offset: refused, there is no stream of changes to follow.
#include "execution/commands/single_node.h"

namespace redstart {
namespace {

constexpr Argument kArguments[] = {
    {.name = "replicationid", .type = ArgumentType::string},
    {.name = "offset", .type = ArgumentType::integer},
};

}  // namespace

REDSTART_COMMAND(psync) = {
    .name = "psync",
    .summary = "Asks for the stream of changes, from where a replica has got to.",
    .complexity = "",
    .since = "2.8.0",
    .group = CommandGroup::server,
    .arity = -3,
    .flags = kAdmin | kNoScript | kNoAsyncLoading | kNoMulti,
    .arguments = kArguments,
    .run = reply_no_replicas,
};

}  // namespace redstart
