// The argument trees that the search commands share.
//
// Threads: immutable.
#pragma once

#include "command/spec.h"

namespace redstart {

inline constexpr Argument kDistanceUnitArguments[] = {
    {.name = "m", .type = ArgumentType::pure_token, .token = "M"},
    {.name = "km", .type = ArgumentType::pure_token, .token = "KM"},
    {.name = "ft", .type = ArgumentType::pure_token, .token = "FT"},
    {.name = "mi", .type = ArgumentType::pure_token, .token = "MI"},
};

inline constexpr Argument kPositionArguments[] = {
    {.name = "longitude", .type = ArgumentType::number},
    {.name = "latitude", .type = ArgumentType::number},
};

inline constexpr Argument kGeoOrderArguments[] = {
    {.name = "asc", .type = ArgumentType::pure_token, .token = "ASC"},
    {.name = "desc", .type = ArgumentType::pure_token, .token = "DESC"},
};

inline constexpr Argument kGeoCountArguments[] = {
    {.name = "count", .type = ArgumentType::integer, .token = "COUNT"},
    {.name = "any", .type = ArgumentType::pure_token, .token = "ANY", .flags = kOptional},
};

// GEORADIUS had its COUNT before ANY.
inline constexpr Argument kGeoRadiusCountArguments[] = {
    {.name = "count", .type = ArgumentType::integer, .token = "COUNT"},
    {.name = "any",
     .type = ArgumentType::pure_token,
     .token = "ANY",
     .flags = kOptional,
     .since = "6.2.0"},
};

// Where GEOSEARCH and GEOSEARCHSTORE search from, and within what.
inline constexpr Argument kGeoFromArguments[] = {
    {.name = "member", .type = ArgumentType::string, .token = "FROMMEMBER"},
    {.name = "longitude_latitude",
     .type = ArgumentType::block,
     .token = "FROMLONLAT",
     .children = kPositionArguments},
};

inline constexpr Argument kGeoCircleArguments[] = {
    {.name = "radius", .type = ArgumentType::number, .token = "BYRADIUS"},
    {.name = "unit", .type = ArgumentType::one_of, .children = kDistanceUnitArguments},
};

inline constexpr Argument kGeoBoxArguments[] = {
    {.name = "width", .type = ArgumentType::number, .token = "BYBOX"},
    {.name = "height", .type = ArgumentType::number},
    {.name = "unit", .type = ArgumentType::one_of, .children = kDistanceUnitArguments},
};

inline constexpr Argument kGeoPolygonArguments[] = {
    {.name = "num-vertices", .type = ArgumentType::integer, .token = "BYPOLYGON"},
    {.name = "longitude_latitude",
     .type = ArgumentType::block,
     .flags = kMultiple,
     .children = kPositionArguments},
};

inline constexpr Argument kGeoByArguments[] = {
    {.name = "circle", .type = ArgumentType::block, .children = kGeoCircleArguments},
    {.name = "box", .type = ArgumentType::block, .children = kGeoBoxArguments},
    {.name = "polygon",
     .type = ArgumentType::block,
     .since = "9.0.0",
     .children = kGeoPolygonArguments},
};

inline constexpr std::string_view kGeoSearchComplexity =
    "O(N+log(M)) with N being the number of members in the cells that cover the shape, and M "
    "the size of the sorted set.";

}  // namespace redstart
