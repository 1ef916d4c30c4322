// GEORADIUSBYMEMBER_RO: GEORADIUSBYMEMBER that only reads.
#include "types/geo/commands/search.h"
#include "types/geo/commands/search_arguments.h"

namespace redstart {
namespace {

void run(CommandContext& c) { run_geo_search(c, {.center = GeoSearchForm::Center::member}); }

constexpr KeySpec kKeys[] = {
    {.flags = kKeyRO | kKeyAccess, .index = 1, .last = 0},
};

constexpr Argument kArguments[] = {
    {.name = "key", .type = ArgumentType::key, .key_spec = 0},
    {.name = "member", .type = ArgumentType::string},
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
     .children = kGeoCountArguments},
    {.name = "order",
     .type = ArgumentType::one_of,
     .flags = kOptional,
     .children = kGeoOrderArguments},
};

}  // namespace

REDSTART_COMMAND(georadiusbymember_ro) = {
    .name = "georadiusbymember_ro",
    .summary = "Finds the members within a circle around one of them.",
    .complexity =
        "O(N+log(M)) with N being the number of members in the cells that cover the shape, and M "
        "the size of the sorted set.",
    .since = "3.2.10",
    .group = CommandGroup::geo,
    .arity = -5,
    .flags = kReadonly,
    .acl_categories = "geo",
    .element_index = 2,
    .keys = kKeys,
    .arguments = kArguments,
    .deprecated_since = "6.2.0",
    .replaced_by = "`GEOSEARCH` with the `BYRADIUS` and `FROMMEMBER` arguments",
    .run = run,
};

}  // namespace redstart
