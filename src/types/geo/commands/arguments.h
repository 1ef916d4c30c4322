// Positions, units and sizes as words.
//
// Each function replies with Redis's error and returns false when the words are bad.
//
// Threads: as CommandContext.
#pragma once

#include "execution/command_context.h"
#include "types/geo/position.h"

namespace redstart {

// Longitude and latitude at `index` and behind it, in degrees.
bool parse_position(CommandContext& c, size_t index, geo::Position& position);
// M, KM, FT or MI, as meters.
bool parse_distance_unit(CommandContext& c, size_t index, double& unit_m);
// A number that is not negative, and its unit behind it.
bool parse_radius(CommandContext& c, size_t index, double& radius, double& unit_m);

// The position of a member of the sorted set; nothing when it is none.
std::optional<geo::Position> position_of_member(Object object, std::string_view member);
// With four decimals.
void reply_distance(CommandContext& c, double distance);
// Longitude and latitude, with all decimals.
void reply_position(CommandContext& c, const geo::Position& position);

}  // namespace redstart
