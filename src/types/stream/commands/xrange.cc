// XRANGE key start end [COUNT count]: the entries of a range of ids, from the first to the last
#include "types/stream/commands/range.h"

namespace redstart {
namespace {

void run(CommandContext& c) { run_stream_range(c, false); }

constexpr KeySpec kKeys[] = {
    {.flags = kKeyRO | kKeyAccess, .index = 1, .last = 0},
};

constexpr Argument kArguments[] = {
    {.name = "key", .type = ArgumentType::key, .key_spec = 0},
    {.name = "start", .type = ArgumentType::string},
    {.name = "end", .type = ArgumentType::string},
    {.name = "count", .type = ArgumentType::integer, .token = "COUNT", .flags = kOptional},
};

constexpr HistoryEntry kHistory[] = {
    {"6.2.0", "Ends may be exclusive."},
};

}  // namespace

REDSTART_COMMAND(xrange) = {
    .name = "xrange",
    .summary = "Gives the entries of a stream within a range of ids, from the first to the last.",
    .complexity = "O(log(S) + N), S: entries of the stream, N: entries given",
    .since = "5.0.0",
    .group = CommandGroup::stream,
    .arity = -4,
    .flags = kReadonly,
    .acl_categories = "stream",
    .keys = kKeys,
    .arguments = kArguments,
    .history = kHistory,
    .run = run,
};

}  // namespace redstart
