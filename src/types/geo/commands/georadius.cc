// GEORADIUS key longitude latitude radius unit [WITHCOORD] [WITHDIST] [WITHHASH] [COUNT count
// [ANY]] [ASC|DESC] [STORE key|STOREDIST key]: the members within a circle around a position.
#include "types/geo/commands/search.h"
#include "types/geo/commands/search_arguments.h"

namespace redstart {
namespace {

void run(CommandContext& c) {
  run_geo_search(c, {.center = GeoSearchForm::Center::position, .may_store = true});
}

constexpr KeySpec kKeys[] = {
    {.flags = kKeyRO | kKeyAccess, .index = 1, .last = 0},
    {.flags = kKeyOW | kKeyUpdate,
     .begin = KeySpec::Begin::keyword,
     .keyword = "STORE",
     .start_from = 6,
     .last = 0},
    {.flags = kKeyOW | kKeyUpdate,
     .begin = KeySpec::Begin::keyword,
     .keyword = "STOREDIST",
     .start_from = 6,
     .last = 0},
};

constexpr Argument kArguments[] = {
    {.name = "key", .type = ArgumentType::key, .key_spec = 0},
    {.name = "longitude", .type = ArgumentType::number},
    {.name = "latitude", .type = ArgumentType::number},
    {.name = "radius", .type = ArgumentType::number},
    {.name = "unit", .type = ArgumentType::one_of, .children = kDistanceUnitArguments},
    {.name = "withcoord",
     .type = ArgumentType::pure_token,
     .token = "WITHCOORD",
     .flags = kOptional},
    {.name = "withdist", .type = ArgumentType::pure_token, .token = "WITHDIST", .flags = kOptional},
    {.name = "withhash", .type = ArgumentType::pure_token, .token = "WITHHASH", .flags = kOptional},
    {.name = "count",
     .type = ArgumentType::block,
     .flags = kOptional,
     .children = kGeoRadiusCountArguments},
    {.name = "order",
     .type = ArgumentType::one_of,
     .flags = kOptional,
     .children = kGeoOrderArguments},
    {.name = "key", .type = ArgumentType::key, .key_spec = 1, .token = "STORE", .flags = kOptional},
    {.name = "key",
     .type = ArgumentType::key,
     .key_spec = 2,
     .token = "STOREDIST",
     .flags = kOptional},
};

constexpr HistoryEntry kHistory[] = {
    {"7.0.0", "Units may be in upper case."},
};

}  // namespace

REDSTART_COMMAND(georadius) = {
    .name = "georadius",
    .summary =
        "Finds the members within a circle around a position, or keeps them under another key.",
    .complexity =
        "O(N+log(M)) with N being the number of members in the cells that cover the shape, and M "
        "the size of the sorted set.",
    .since = "3.2.0",
    .group = CommandGroup::geo,
    .arity = -6,
    .flags = kWrite | kDenyOom | kMovableKeys,
    .acl_categories = "geo",
    .keys = kKeys,
    .arguments = kArguments,
    .deprecated_since = "6.2.0",
    .replaced_by = "`GEOSEARCH` and `GEOSEARCHSTORE` with the `BYRADIUS` argument",
    .history = kHistory,
    .run = run,
};

}  // namespace redstart
