// GEOSEARCH key FROMMEMBER member|FROMLONLAT longitude latitude BYRADIUS radius unit|BYBOX width
// height unit [ASC|DESC] [COUNT count [ANY]] [WITHCOORD] [WITHDIST] [WITHHASH], or BYPOLYGON
// num-vertices longitude latitude ... without a FROM: the members within a shape.
#include "types/geo/commands/search.h"
#include "types/geo/commands/search_arguments.h"

namespace redstart {
namespace {

void run(CommandContext& c) { run_geo_search(c, {}); }

constexpr KeySpec kKeys[] = {
    {.flags = kKeyRO | kKeyAccess, .index = 1, .last = 0},
};

constexpr Argument kArguments[] = {
    {.name = "key", .type = ArgumentType::key, .key_spec = 0},
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
    {.name = "withcoord",
     .type = ArgumentType::pure_token,
     .token = "WITHCOORD",
     .flags = kOptional},
    {.name = "withdist", .type = ArgumentType::pure_token, .token = "WITHDIST", .flags = kOptional},
    {.name = "withhash", .type = ArgumentType::pure_token, .token = "WITHHASH", .flags = kOptional},
};

constexpr HistoryEntry kHistory[] = {
    {"7.0.0", "Units may be in upper case."},
};

}  // namespace

REDSTART_COMMAND(geosearch) = {
    .name = "geosearch",
    .summary = "Finds the members within a circle, a box or a polygon.",
    .complexity =
        "O(N+log(M)) with N being the number of members in the cells that cover the shape, and M "
        "the size of the sorted set.",
    .since = "6.2.0",
    .group = CommandGroup::geo,
    .arity = -7,
    .flags = kReadonly,
    .acl_categories = "geo",
    .keys = kKeys,
    .arguments = kArguments,
    .history = kHistory,
    .run = run,
};

}  // namespace redstart
