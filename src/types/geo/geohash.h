// Geohashes: cells of a grid over the map, numbered so that a cell and what lies within it share
// their leading bits. A sorted set of positions has cells of 52 bits for scores, which a double
// holds exactly.
//
// Each step halves longitude and latitude: the bits alternate, longitude first.
//
// Threads: thread-safe, pure functions.
#pragma once

#include <array>
#include <cstdint>

#include "types/geo/position.h"

namespace redstart::geo {

inline constexpr unsigned kStepsMax = 26;

struct Cell {
  uint64_t bits = 0;
  unsigned steps = 0;
  bool operator==(const Cell&) const = default;
};

struct Area {  // in degrees
  double longitude_min = 0, longitude_max = 0, latitude_min = 0, latitude_max = 0;
};

// REQUIRES: is_valid(position), 1 <= steps <= kStepsMax.
Cell cell_of(const Position& position, unsigned steps);
Area area_of(const Cell& cell);
// The cell so many to the east and to the north, around the map where it ends.
Cell neighbour(const Cell& cell, int east, int north);

// The scores of all positions in a cell: first <= score < end.
struct ScoreSpan {
  uint64_t first = 0, end = 0;
};
ScoreSpan scores_in(const Cell& cell);

// A position's score, and the position that any score stands for: the middle of its cell.
double score_of(const Position& position);
Position position_of(double score);
// The usual text of 11 characters, whose latitudes reach to the poles.
std::array<char, 11> geohash_text(const Position& position);

}  // namespace redstart::geo
