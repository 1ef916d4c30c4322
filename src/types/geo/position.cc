// The order of the operations is part of the result: distances are replied with four decimals, and
// kept with all.
#include "types/geo/position.h"

#include <cmath>
#include <numbers>

namespace redstart::geo {
namespace {

constexpr double kRadiansPerDegree = std::numbers::pi / 180;

}  // namespace

double radians(double degrees) { return degrees * kRadiansPerDegree; }
double degrees(double radians) { return radians / kRadiansPerDegree; }

double latitude_distance_m(double a, double b) {
  return kEarthRadiusM * std::fabs(radians(b) - radians(a));
}

double distance_m(const Position& a, const Position& b) {
  return distance_m(a, std::cos(radians(a.latitude)), b);
}

double distance_m(const Position& a, double cosine_of_a, const Position& b) {
  const double v = std::sin((radians(b.longitude) - radians(a.longitude)) / 2);
  if (v == 0) return latitude_distance_m(a.latitude, b.latitude);
  const double latitude_a = radians(a.latitude), latitude_b = radians(b.latitude);
  const double u = std::sin((latitude_b - latitude_a) / 2);
  const double haversine = u * u + cosine_of_a * std::cos(latitude_b) * v * v;
  return 2.0 * kEarthRadiusM * std::asin(std::sqrt(haversine));
}

}  // namespace redstart::geo
