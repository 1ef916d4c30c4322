// Places on the earth, taken as a sphere, and the distances between them.
//
// Threads: thread-safe, pure functions.
#pragma once

namespace redstart::geo {

inline constexpr double kLongitudeMax = 180;
inline constexpr double kLatitudeMax =
    85.05112878;  // where the square of the Mercator projection ends
inline constexpr double kEarthRadiusM = 6372797.560856;

struct Position {  // in degrees
  double longitude = 0, latitude = 0;
  bool operator==(const Position&) const = default;
};

// Whether a geohash can hold it.
inline bool is_valid(const Position& position) {
  return position.longitude >= -kLongitudeMax && position.longitude <= kLongitudeMax &&
         position.latitude >= -kLatitudeMax && position.latitude <= kLatitudeMax;
}

double radians(double degrees);
double degrees(double radians);
// Great-circle distance by the haversine formula.
double distance_m(const Position& a, const Position& b);
// The same with the cosine of the first one's latitude, for who asks about many.
double distance_m(const Position& a, double cosine_of_a, const Position& b);
// Along a meridian.
double latitude_distance_m(double a, double b);

}  // namespace redstart::geo
