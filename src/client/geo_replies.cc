// The words and replies of the commands of positions.
#include "redstart/client.h"

namespace redstart {
namespace {

template <class T>
result<T> decoded(Reply& reply) {
  return detail::typed<T>(WordList()).decode(std::move(reply));
}

// A part of a place tells by its type what it is.
result<Done> add_part(GeoPlace& place, Reply& part) {
  if (part.is_aggregate()) {
    auto position = decoded<GeoPosition>(part);
    if (!position) return std::unexpected(std::move(position.error()));
    place.position = *position;
  } else if (part.type() == Reply::Type::integer) {
    place.hash = part.as_integer();
  } else {
    auto distance = decoded<double>(part);
    if (!distance) return std::unexpected(std::move(distance.error()));
    place.distance = *distance;
  }
  return Done{};
}

}  // namespace

result<GeoPosition> decode(Reply reply, GeoPosition*) {
  if (!reply.is_aggregate() || reply.size() != 2) {
    return std::unexpected(detail::unexpected(reply, "longitude and latitude"));
  }
  auto longitude = decoded<double>(reply.elements()[0]);
  if (!longitude) return std::unexpected(std::move(longitude.error()));
  auto latitude = decoded<double>(reply.elements()[1]);
  if (!latitude) return std::unexpected(std::move(latitude.error()));
  return GeoPosition{*longitude, *latitude};
}

result<GeoPlace> decode(Reply reply, GeoPlace*) {
  if (reply.is_text()) return GeoPlace{.member = std::move(reply).text()};
  if (!reply.is_aggregate() || reply.size() == 0) {
    return std::unexpected(detail::unexpected(reply, "a member with what is known of it"));
  }
  GeoPlace place{.member = std::move(reply.elements()[0]).text()};
  for (size_t i = 1; i < reply.size(); ++i) {
    auto added = add_part(place, reply.elements()[i]);
    if (!added) return std::unexpected(std::move(added.error()));
  }
  return place;
}

namespace detail {

std::string_view word(GeoUnit unit) {
  switch (unit) {
    case GeoUnit::meters:
      return "m";
    case GeoUnit::kilometers:
      return "km";
    case GeoUnit::feet:
      return "ft";
    case GeoUnit::miles:
      return "mi";
  }
  return "";
}

WordList add_positions(WordList words, std::span<const GeoMember> members) {
  for (const auto& [member, position] : members) {
    words.add(position.longitude);
    words.add(position.latitude);
    words.add(member);
  }
  return words;
}

}  // namespace detail

namespace {

WordList add_from(WordList words, const GeoSearch& search) {
  if (const auto* member = std::get_if<std::string>(&search.from)) {
    words.add("FROMMEMBER").add(*member);
  } else if (const auto* position = std::get_if<GeoPosition>(&search.from)) {
    words.add("FROMLONLAT").add(position->longitude).add(position->latitude);
  }
  return words;
}

WordList add_within(WordList words, const GeoSearch& search) {
  if (const auto* circle = std::get_if<GeoCircle>(&search.within)) {
    words.add("BYRADIUS").add(circle->radius).add(detail::word(search.unit));
  } else if (const auto* box = std::get_if<GeoBox>(&search.within)) {
    words.add("BYBOX").add(box->width).add(box->height).add(detail::word(search.unit));
  } else if (const auto* polygon = std::get_if<GeoPolygon>(&search.within)) {
    words.add("BYPOLYGON").add(static_cast<int64_t>(polygon->vertices.size()));
    for (const GeoPosition& vertex : polygon->vertices) {
      words.add(vertex.longitude).add(vertex.latitude);
    }
  }
  return words;
}

}  // namespace

WordList GeoSearch::apply(WordList words) const {
  if (!std::holds_alternative<GeoPolygon>(within)) words = add_from(std::move(words), *this);
  words = add_within(std::move(words), *this);
  if (order != Order::none) words.add(order == Order::nearest_first ? "ASC" : "DESC");
  if (count != 0) words.add("COUNT").add(count);
  if (any) words.add("ANY");
  if (with_position) words.add("WITHCOORD");
  if (with_distance) words.add("WITHDIST");
  if (with_hash) words.add("WITHHASH");
  return words;
}

}  // namespace redstart
