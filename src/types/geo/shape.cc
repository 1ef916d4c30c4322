// A shape is covered by the cell of its center and that cell's eight neighbours, of a size chosen
// so that they reach as far as the shape does; those that lie beside the shape's bounds are left
// out. Redis's choice is kept, since it decides the order of unsorted results and which are found
// first.
#include "types/geo/shape.h"

#include <algorithm>
#include <cmath>
#include <utility>

namespace redstart::geo {
namespace {

constexpr double kMercatorMaxM = 20037726.37;

unsigned steps_for(double reach_m, double latitude) {
  if (reach_m == 0) return kStepsMax;
  int steps = 1;
  for (; reach_m < kMercatorMaxM; reach_m *= 2) ++steps;
  steps -= 2;  // so that the neighbours reach far enough wherever the center is in its cell
  const double from_equator = std::fabs(latitude);
  if (from_equator > 66) --steps;  // meridians come closer
  if (from_equator > 80) --steps;
  return static_cast<unsigned>(std::clamp<int>(steps, 1, kStepsMax));
}

// Whether a cell's neighbours end before the bounds do.
bool is_too_small(const Cell& cell, const Area& bounds) {
  return area_of(neighbour(cell, 0, 1)).latitude_max < bounds.latitude_max ||
         area_of(neighbour(cell, 0, -1)).latitude_min > bounds.latitude_min ||
         area_of(neighbour(cell, 1, 0)).longitude_max < bounds.longitude_max ||
         area_of(neighbour(cell, -1, 0)).longitude_min > bounds.longitude_min;
}

}  // namespace

Shape Shape::circle(const Position& center, double radius_m) {
  Shape shape;
  shape.center_ = center;
  shape.radius_m_ = radius_m;
  shape.cosine_ = std::cos(radians(center.latitude));
  // A way of the radius' length leads no further than along the parallel nearest to the pole.
  constexpr double kRoundingUp = 1 + 1e-9;
  const double reach = degrees(radius_m / kEarthRadiusM) * kRoundingUp;
  const double widest_latitude = std::fabs(center.latitude) + reach;
  shape.latitude_reach_ = reach;
  shape.longitude_reach_ = widest_latitude < 89 ? reach / std::cos(radians(widest_latitude)) * kRoundingUp : 360;
  return shape;
}

Shape Shape::box(const Position& center, const Sides& sides) {
  Shape shape;
  shape.kind_ = Kind::box;
  shape.center_ = center;
  shape.sides_ = sides;
  return shape;
}

Shape Shape::polygon(std::vector<Position> vertices) {
  Shape shape;
  shape.kind_ = Kind::polygon;
  for (const Position& vertex : vertices) {
    shape.center_.longitude += vertex.longitude / static_cast<double>(vertices.size());
    shape.center_.latitude += vertex.latitude / static_cast<double>(vertices.size());
  }
  // Rounding may have led it out of the map.
  shape.center_.longitude = std::clamp(shape.center_.longitude, -kLongitudeMax, kLongitudeMax);
  shape.center_.latitude = std::clamp(shape.center_.latitude, -kLatitudeMax, kLatitudeMax);
  shape.vertices_ = std::move(vertices);
  return shape;
}

std::optional<double> Shape::distance_within_m(const Position& position) const {
  if (kind_ == Kind::circle) {
    if (is_beside_circle(position)) return std::nullopt;
    const double distance = distance_m(center_, cosine_, position);
    if (distance > radius_m_) return std::nullopt;
    return distance;
  }
  const bool within = kind_ == Kind::box ? is_within_box(position) : is_within_polygon(position);
  if (!within) return std::nullopt;
  return distance_m(center_, position);
}

bool Shape::is_beside_circle(const Position& position) const {
  if (std::fabs(position.latitude - center_.latitude) > latitude_reach_) return true;
  const double difference = std::fabs(position.longitude - center_.longitude);
  return std::min(difference, 360 - difference) > longitude_reach_;
}

bool Shape::is_within_box(const Position& position) const {
  if (latitude_distance_m(position.latitude, center_.latitude) > sides_.height_m / 2) return false;
  const Position beside{center_.longitude, position.latitude};
  return distance_m(position, beside) <= sides_.width_m / 2;
}

// A ray to the east meets the outline an odd number of times.
bool Shape::is_within_polygon(const Position& position) const {
  bool within = false;
  for (size_t i = 0, previous = vertices_.size() - 1; i < vertices_.size(); previous = i++) {
    const Position& a = vertices_[i];
    const Position& b = vertices_[previous];
    if ((a.latitude > position.latitude) == (b.latitude > position.latitude)) continue;
    const double crossing = a.longitude + (position.latitude - a.latitude) *
                                              (b.longitude - a.longitude) /
                                              (b.latitude - a.latitude);
    if (position.longitude < crossing) within = !within;
  }
  return within;
}

double Shape::reach_m() const {
  switch (kind_) {
    case Kind::circle:
      return radius_m_;
    case Kind::box: {
      const double x = sides_.width_m / 2, y = sides_.height_m / 2;
      return std::sqrt(x * x + y * y);
    }
    case Kind::polygon: {
      double reach = 0;
      for (const Position& vertex : vertices_) reach = std::max(reach, distance_m(center_, vertex));
      return reach;
    }
  }
  return 0;
}

Area Shape::bounds() const {
  if (kind_ == Kind::polygon) {
    const auto [west, east] = std::ranges::minmax(vertices_, {}, &Position::longitude);
    const auto [south, north] = std::ranges::minmax(vertices_, {}, &Position::latitude);
    return {west.longitude, east.longitude, south.latitude, north.latitude};
  }
  const bool round = kind_ == Kind::circle;
  const double height = round ? radius_m_ : sides_.height_m / 2;
  const double width = round ? radius_m_ : sides_.width_m / 2;
  const double latitude_delta = degrees(height / kEarthRadiusM);
  // Meridians are closest, and the same width is most degrees, on the side of the pole.
  const double widest_latitude =
      center_.latitude < 0 ? center_.latitude - latitude_delta : center_.latitude + latitude_delta;
  const double longitude_delta =
      degrees(width / kEarthRadiusM / std::cos(radians(widest_latitude)));
  return {.longitude_min = center_.longitude - longitude_delta,
          .longitude_max = center_.longitude + longitude_delta,
          .latitude_min = center_.latitude - latitude_delta,
          .latitude_max = center_.latitude + latitude_delta};
}

std::vector<Cell> Shape::covering_cells() const {
  const Area bounds = this->bounds();
  unsigned steps = steps_for(reach_m(), center_.latitude);
  Cell middle = cell_of(center_, steps);
  // Once is enough for circles and boxes.
  const unsigned steps_min = kind_ == Kind::polygon ? 1 : std::max(steps, 2u) - 1;
  while (steps > steps_min && is_too_small(middle, bounds)) middle = cell_of(center_, --steps);
  const Area area = area_of(middle);
  const bool may_leave_out = steps >= 2;
  const bool no_south = may_leave_out && area.latitude_min < bounds.latitude_min;
  const bool no_north = may_leave_out && area.latitude_max > bounds.latitude_max;
  const bool no_west = may_leave_out && area.longitude_min < bounds.longitude_min;
  const bool no_east = may_leave_out && area.longitude_max > bounds.longitude_max;
  constexpr std::pair<int, int> kDirections[] = {
      // east, north
      {0, 0}, {0, 1}, {0, -1}, {1, 0}, {-1, 0}, {1, 1}, {-1, 1}, {1, -1}, {-1, -1}};
  std::vector<Cell> cells;
  for (const auto& [east, north] : kDirections) {
    if ((no_south && north < 0) || (no_north && north > 0)) continue;
    if ((no_west && east < 0) || (no_east && east > 0)) continue;
    const Cell cell = neighbour(middle, east, north);
    // A map of few cells has the same one on both sides.
    if (cells.size() < 2 || cells.back() != cell) cells.push_back(cell);
  }
  return cells;
}

}  // namespace redstart::geo
