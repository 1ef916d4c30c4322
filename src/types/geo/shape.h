// What a search may ask for: a circle, a box or a polygon on the map, and the cells that cover it.
//
// Threads: thread-compatible values.
#pragma once

#include <optional>
#include <vector>

#include "types/geo/geohash.h"

namespace redstart::geo {

class Shape {
 public:
  // All sizes in meters.
  static Shape circle(const Position& center, double radius_m);
  struct Sides {
    double width_m = 0, height_m = 0;
  };
  // Its sides follow meridians and parallels.
  static Shape box(const Position& center, const Sides& sides);
  // Straight lines on the map between vertices, the last of which joins the first. The center is
  // their mean. REQUIRES: three vertices or more.
  static Shape polygon(std::vector<Position> vertices);

  const Position& center() const { return center_; }
  // How far from the center the position is; nothing when it is outside.
  std::optional<double> distance_within_m(const Position& position) const;
  // Cells, up to nine, that hold every position of the shape, the center's first and none twice in
  // a row.
  std::vector<Cell> covering_cells() const;

 private:
  enum class Kind : unsigned char { circle, box, polygon };

  // Whether the position is out of a circle that its coordinates alone tell, or may be in it. Spares most of what the
  // cells hold beside the circle the trigonometry.
  bool is_beside_circle(const Position& position) const;
  double reach_m() const;  // from the center
  Area bounds() const;
  bool is_within_box(const Position& position) const;
  bool is_within_polygon(const Position& position) const;

  Kind kind_ = Kind::circle;
  Position center_;
  double radius_m_ = 0;
  double cosine_ = 0;                 // of the center's latitude
  double latitude_reach_ = 0, longitude_reach_ = 0;  // of a circle, in degrees, rounded up
  Sides sides_;
  std::vector<Position> vertices_;
};

}  // namespace redstart::geo
