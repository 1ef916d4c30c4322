// BITFIELD key [GET type offset | [OVERFLOW WRAP|SAT|FAIL] SET|INCRBY type offset value ...]: reads
// and writes integers of any width within a string.
#include "types/string/commands/bitfield_run.h"

namespace redstart {
namespace {

void run(CommandContext& c) { run_bitfield(c, true); }

constexpr KeySpec kKeys[] = {
    {.flags = kKeyRW | kKeyAccess | kKeyUpdate | kKeyVariableFlags, .index = 1, .last = 0,
     .notes = "Only read when nothing but GET is asked for."},
};

constexpr Argument kArgumentsGet[] = {
    {.name = "encoding", .type = ArgumentType::string},
    {.name = "offset", .type = ArgumentType::integer},
};

constexpr Argument kArgumentsOverflow[] = {
    {.name = "wrap", .type = ArgumentType::pure_token, .token = "WRAP"},
    {.name = "sat", .type = ArgumentType::pure_token, .token = "SAT"},
    {.name = "fail", .type = ArgumentType::pure_token, .token = "FAIL"},
};

constexpr Argument kArgumentsSet[] = {
    {.name = "encoding", .type = ArgumentType::string},
    {.name = "offset", .type = ArgumentType::integer},
    {.name = "value", .type = ArgumentType::integer},
};

constexpr Argument kArgumentsIncrement[] = {
    {.name = "encoding", .type = ArgumentType::string},
    {.name = "offset", .type = ArgumentType::integer},
    {.name = "increment", .type = ArgumentType::integer},
};

constexpr Argument kArgumentsWriteOperation[] = {
    {.name = "encoding_offset_value",
     .type = ArgumentType::block,
     .token = "SET",
     .children = kArgumentsSet},
    {.name = "encoding_offset_increment",
     .type = ArgumentType::block,
     .token = "INCRBY",
     .children = kArgumentsIncrement},
};

constexpr Argument kArgumentsWrite[] = {
    {.name = "wrap_sat_fail",
     .type = ArgumentType::one_of,
     .token = "OVERFLOW",
     .flags = kOptional,
     .children = kArgumentsOverflow},
    {.name = "write_operation", .type = ArgumentType::one_of, .children = kArgumentsWriteOperation},
};

constexpr Argument kArgumentsOperation[] = {
    {.name = "encoding_offset",
     .type = ArgumentType::block,
     .token = "GET",
     .children = kArgumentsGet},
    {.name = "write", .type = ArgumentType::block, .children = kArgumentsWrite},
};

constexpr Argument kArguments[] = {
    {.name = "key", .type = ArgumentType::key, .key_spec = 0},
    {.name = "operation",
     .type = ArgumentType::one_of,
     .flags = kOptional | kMultiple,
     .children = kArgumentsOperation},
};

}  // namespace

REDSTART_COMMAND(bitfield) = {
    .name = "bitfield",
    .summary = "Reads, sets and increments integers of any width within the string at a key.",
    .complexity = "O(N), N: operations",
    .since = "3.2.0",
    .group = CommandGroup::bitmap,
    .arity = -2,
    .flags = kWrite | kDenyOom,
    .acl_categories = "bitmap",
    .keys = kKeys,
    .arguments = kArguments,
    .run = run,
};

}  // namespace redstart
