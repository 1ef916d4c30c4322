// GeoMethods: the commands of positions in sorted sets, as methods with typed replies. See
// commands.h.
#pragma once

#include <variant>

#include "redstart/commands/typed.h"

namespace redstart {

struct GeoPosition {  // in degrees
  double longitude = 0;
  double latitude = 0;
  bool operator==(const GeoPosition&) const = default;
  friend result<GeoPosition> decode(Reply reply, GeoPosition*);
};

struct GeoMember {
  std::string member;
  GeoPosition position;
};

enum class GeoUnit : unsigned char { meters, kilometers, feet, miles };

// What a search may look in. Sizes are in the search's unit.
struct GeoCircle {
  double radius = 0;
};
struct GeoBox {
  double width = 0, height = 0;
};
// Of Valkey 9: vertices, the last of which joins the first. It needs no center.
struct GeoPolygon {
  std::vector<GeoPosition> vertices;
};

struct GeoSearch {
  enum class Order : unsigned char { none, nearest_first, farthest_first };
  std::variant<GeoPosition, std::string> from = {};  // a position, or a member's
  std::variant<GeoCircle, GeoBox, GeoPolygon> within = {};
  GeoUnit unit = GeoUnit::meters;
  Order order = Order::none;
  int64_t count = 0;  // the nearest so many; 0: all
  bool any = false;   // with a count: those found first, which is cheaper
  // What is told beside the members. Not for geosearchstore().
  bool with_position = false, with_distance = false, with_hash = false;
  WordList apply(WordList words) const;
};

// A member that a search found, with what was asked for.
struct GeoPlace {
  std::string member;
  std::optional<double> distance = {};  // in the search's unit
  std::optional<int64_t> hash = {};
  std::optional<GeoPosition> position = {};
  friend result<GeoPlace> decode(Reply reply, GeoPlace*);
};

namespace detail {

std::string_view word(GeoUnit unit);
WordList add_positions(WordList words, std::span<const GeoMember> members);

}  // namespace detail

template <class Self>
class GeoMethods {
 public:
  // GEOADD. True: the member is new.
  auto geoadd(std::string_view key, const GeoPosition& position, std::string_view member) {
    return self().run(detail::typed<bool>(
        WordList("GEOADD", key, position.longitude, position.latitude, member)));
  }
  // GEOADD of many, with options in Redis's words ({"NX"}, {"XX", "CH"}): how many are new (CH: or
  // changed).
  auto geoadd_all(std::string_view key, std::span<const GeoMember> members,
                  std::initializer_list<std::string_view> options = {}) {
    return self().run(detail::typed<int64_t>(
        detail::add_positions(WordList("GEOADD", key).add_all(options), members)));
  }
  // GEODIST. Absent: one of them is no member.
  auto geodist(std::string_view key, std::string_view first, std::string_view second,
               GeoUnit unit = GeoUnit::meters) {
    return self().run(detail::typed<std::optional<double>>(
        WordList("GEODIST", key, first, second, detail::word(unit))));
  }
  // GEOPOS.
  template <class Range>
  auto geopos(std::string_view key, const Range& members) {
    return self().run(detail::typed<std::vector<std::optional<GeoPosition>>>(
        WordList("GEOPOS", key).add_all(members)));
  }
  // GEOHASH: the usual texts of 11 characters.
  template <class Range>
  auto geohash(std::string_view key, const Range& members) {
    return self().run(detail::typed<std::vector<std::optional<std::string>>>(
        WordList("GEOHASH", key).add_all(members)));
  }
  // GEOSEARCH.
  auto geosearch(std::string_view key, const GeoSearch& search) {
    return self().run(
        detail::typed<std::vector<GeoPlace>>(search.apply(WordList("GEOSEARCH", key))));
  }
  // GEOSEARCHSTORE: how many were found. With their distances as scores, they are no positions any
  // more.
  auto geosearchstore(std::string_view to, std::string_view key, const GeoSearch& search,
                      bool stores_distances = false) {
    WordList words = search.apply(WordList("GEOSEARCHSTORE", to, key));
    if (stores_distances) words.add("STOREDIST");
    return self().run(detail::typed<int64_t>(std::move(words)));
  }

 private:
  Self& self() { return static_cast<Self&>(*this); }
};

}  // namespace redstart
