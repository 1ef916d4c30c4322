// GEOSEARCHSTORE destination source ... [STOREDIST]: keeps what GEOSEARCH would find.
#include "types/geo/commands/search.h"
#include "types/geo/commands/search_arguments.h"

namespace redstart {
namespace {

void run(CommandContext& c) { run_geo_search(c, {.source_index = 2, .always_stores = true}); }

constexpr KeySpec kKeys[] = {
    {.flags = kKeyOW | kKeyUpdate, .index = 1, .last = 0},
    {.flags = kKeyRO | kKeyAccess, .index = 2, .last = 0},
};

constexpr Argument kArguments[] = {
    {.name = "destination", .type = ArgumentType::key, .key_spec = 0},
    {.name = "source", .type = ArgumentType::key, .key_spec = 1},
    {.name = "from", .type = ArgumentType::one_of, .children = kGeoFromArguments},
    {.name = "by", .type = ArgumentType::one_of, .children = kGeoByArguments},
    {.name = "order",
     .type = ArgumentType::one_of,
     .flags = kOptional,
     .children = kGeoOrderArguments},
    {.name = "count",
     .type = ArgumentType::block,
     .flags = kOptional,
     .children = kGeoCountArguments},
    {.name = "storedist",
     .type = ArgumentType::pure_token,
     .token = "STOREDIST",
     .flags = kOptional},
};

constexpr HistoryEntry kHistory[] = {
    {"7.0.0", "Units may be in upper case."},
};

}  // namespace

REDSTART_COMMAND(geosearchstore) = {
    .name = "geosearchstore",
    .summary = "Keeps the members within a circle, a box or a polygon under another key.",
    .complexity =
        "O(N+log(M)) with N being the number of members in the cells that cover the shape, and M "
        "the size of the sorted set.",
    .since = "6.2.0",
    .group = CommandGroup::geo,
    .arity = -8,
    .flags = kWrite | kDenyOom,
    .acl_categories = "geo",
    .keys = kKeys,
    .arguments = kArguments,
    .history = kHistory,
    .run = run,
};

}  // namespace redstart
