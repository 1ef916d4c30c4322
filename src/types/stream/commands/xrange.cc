// XRANGE key start end [COUNT count]: the entries of a range of ids, from the first to the last
// XREVRANGE key end start [COUNT count]: the entries of a range of ids, from the last to the first
#include "types/stream/commands/range.h"

namespace redstart {
namespace {

constexpr KeySpec kKeys[] = {
    {.flags = kKeyRO | kKeyAccess, .index = 1, .last = 0},
};

constexpr Argument kXrangeArguments[] = {
    {.name = "key", .type = ArgumentType::key, .key_spec = 0},
    {.name = "start", .type = ArgumentType::string},
    {.name = "end", .type = ArgumentType::string},
    {.name = "count", .type = ArgumentType::integer, .token = "COUNT", .flags = kOptional},
};

constexpr Argument kXrevrangeArguments[] = {
    {.name = "key", .type = ArgumentType::key, .key_spec = 0},
    {.name = "end", .type = ArgumentType::string},
    {.name = "start", .type = ArgumentType::string},
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
    .arguments = kXrangeArguments,
    .history = kHistory,
    .run = [](CommandContext& c) { run_stream_range(c, false); },
};

REDSTART_COMMAND(xrevrange) = {
    .name = "xrevrange",
    .summary = "Gives the entries of a stream within a range of ids, from the last to the first.",
    .complexity = "O(log(S) + N), S: entries of the stream, N: entries given",
    .since = "5.0.0",
    .group = CommandGroup::stream,
    .arity = -4,
    .flags = kReadonly,
    .acl_categories = "stream",
    .keys = kKeys,
    .arguments = kXrevrangeArguments,
    .history = kHistory,
    .run = [](CommandContext& c) { run_stream_range(c, true); },
};

}  // namespace redstart
