// GEOSEARCH key FROMMEMBER member|FROMLONLAT longitude latitude BYRADIUS radius unit|BYBOX width
// height unit [ASC|DESC] [COUNT count [ANY]] [WITHCOORD] [WITHDIST] [WITHHASH], or BYPOLYGON
// num-vertices longitude latitude ... without a FROM: the members within a shape.
// GEOSEARCHSTORE destination source ... [STOREDIST]: keeps what GEOSEARCH would find.
#include "types/geo/commands/search.h"
#include "types/geo/commands/search_arguments.h"

namespace redstart {
namespace {

constexpr KeySpec kGeosearchKeys[] = {
    {.flags = kKeyRO | kKeyAccess, .index = 1, .last = 0},
};

constexpr KeySpec kGeosearchstoreKeys[] = {
    {.flags = kKeyOW | kKeyUpdate, .index = 1, .last = 0},
    {.flags = kKeyRO | kKeyAccess, .index = 2, .last = 0},
};

constexpr Argument kGeosearchArguments[] = {
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

constexpr Argument kGeosearchstoreArguments[] = {
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

REDSTART_COMMAND(geosearch) = {
    .name = "geosearch",
    .summary = "Finds the members within a circle, a box or a polygon.",
    .complexity = kGeoSearchComplexity,
    .since = "6.2.0",
    .group = CommandGroup::geo,
    .arity = -7,
    .flags = kReadonly,
    .acl_categories = "geo",
    .keys = kGeosearchKeys,
    .arguments = kGeosearchArguments,
    .history = kHistory,
    .run = [](CommandContext& c) { run_geo_search(c, {}); },
};

REDSTART_COMMAND(geosearchstore) = {
    .name = "geosearchstore",
    .summary = "Keeps the members within a circle, a box or a polygon under another key.",
    .complexity = kGeoSearchComplexity,
    .since = "6.2.0",
    .group = CommandGroup::geo,
    .arity = -8,
    .flags = kWrite | kDenyOom,
    .acl_categories = "geo",
    .keys = kGeosearchstoreKeys,
    .arguments = kGeosearchstoreArguments,
    .history = kHistory,
    .run = [](CommandContext& c) { run_geo_search(c, {.source_index = 2, .always_stores = true}); },
};

}  // namespace redstart
