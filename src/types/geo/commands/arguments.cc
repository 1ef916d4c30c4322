#include "types/geo/commands/arguments.h"

#include <array>
#include <cmath>
#include <cstdio>
#include <optional>
#include <string>

#include "base/numbers.h"
#include "types/geo/geohash.h"
#include "types/zset/sorted_set.h"

namespace redstart {
namespace {

struct Unit {
  std::string_view name;
  double meters;
};
constexpr Unit kUnits[] = {{"m", 1}, {"km", 1000}, {"ft", 0.3048}, {"mi", 1609.34}};

}  // namespace

bool parse_position(CommandContext& c, size_t index, geo::Position& position) {
  if (!c.parse_number(index, position.longitude)) return false;
  if (!c.parse_number(index + 1, position.latitude)) return false;
  if (geo::is_valid(position)) return true;
  std::array<char, 1024> text;
  std::snprintf(text.data(), text.size(), "ERR invalid longitude,latitude pair %f,%f",
                position.longitude, position.latitude);
  c.error(text.data());
  return false;
}

bool parse_distance_unit(CommandContext& c, size_t index, double& unit_m) {
  for (const Unit& unit : kUnits) {
    if (c.arg_is(index, unit.name)) return unit_m = unit.meters, true;
  }
  c.error("ERR unsupported unit provided. please use M, KM, FT, MI");
  return false;
}

bool parse_radius(CommandContext& c, size_t index, double& radius, double& unit_m) {
  if (!c.parse_number(index, radius, "ERR need numeric radius")) return false;
  if (radius < 0) return c.error("ERR radius cannot be negative"), false;
  return parse_distance_unit(c, index + 1, unit_m);
}

std::optional<geo::Position> position_of_member(Object object, std::string_view member) {
  const std::optional<double> score = SortedSet(object).score(member);
  if (!score) return std::nullopt;
  return geo::position_of(*score);
}

void reply_distance(CommandContext& c, double distance) {
  // Rounded as Redis does, whose multiplication makes a half of what is nearly one; a half goes to the even digit.
  const long long scaled = std::llrint(distance * 10'000);
  std::array<char, kNumberTextBytes> text;
  const int length = std::snprintf(text.data(), text.size(), "%lld.%04lld", scaled / 10'000, scaled % 10'000);
  c.reply().bulk({text.data(), static_cast<size_t>(length)});
}

void reply_position(CommandContext& c, const geo::Position& position) {
  c.reply().array(2);
  for (const double degrees : {position.longitude, position.latitude}) {
    c.reply().number_text(degrees, format_long_double(degrees));
  }
}

}  // namespace redstart
