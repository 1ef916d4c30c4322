// The order in which things are refused follows Redis: the source's type first, then word by word,
// then what does not go together, and only then is a missing source an empty result.
#include "types/geo/commands/search.h"

#include <algorithm>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "types/geo/commands/arguments.h"
#include "types/geo/shape.h"
#include "types/zset/sorted_set.h"

namespace redstart {
namespace {

enum class Order : uint8_t { none, nearest_first, farthest_first };
enum class Outline : uint8_t { none, circle, box, polygon };

struct Search {
  std::optional<geo::Position> center;  // known only with a source, if it is a member's
  bool has_center = false;
  Outline outline = Outline::none;
  double radius = 0, width = 0, height = 0;  // in units
  double unit_m = 1;
  std::vector<geo::Position> vertices;

  Order order = Order::none;
  int64_t count = 0;  // 0: all
  bool any = false;   // the first ones found will do
  bool with_distance = false, with_score = false, with_position = false;
  std::optional<std::string_view> store_key;
  bool stores_distance = false;

  bool shows_more() const { return with_distance || with_score || with_position; }
  geo::Shape shape() {
    if (outline == Outline::polygon) return geo::Shape::polygon(std::move(vertices));
    if (outline == Outline::circle) return geo::Shape::circle(*center, radius * unit_m);
    return geo::Shape::box(*center, {.width_m = width * unit_m, .height_m = height * unit_m});
  }
};

// Reads the words into a Search. Each function replies the error and returns false when they are
// bad.
class SearchParser {
 public:
  SearchParser(CommandContext& c, const GeoSearchForm& form, const Read& source, Search& search)
      : c_(c), form_(form), source_(source), search_(search) {}

  bool parse() {
    size_t index = form_.source_index + 1;
    if (!parse_fixed_words(index)) return false;
    while (index < c_.arg_count()) {
      if (!parse_option(index)) return false;
    }
    return check_together();
  }

 private:
  using Center = GeoSearchForm::Center;

  bool parse_fixed_words(size_t& index) {
    if (form_.center == Center::option) {
      if (form_.always_stores) search_.store_key = c_.arg(1);
      return true;
    }
    search_.outline = Outline::circle;
    if (form_.center == Center::position) {
      if (!parse_center_position(index)) return false;
      index += 2;
    } else {
      if (!find_center_member(index)) return false;
      index += 1;
    }
    // As in Redis, the radius around a member of a missing source is not looked at.
    const bool reads_radius = form_.center == Center::position || source_;
    if (reads_radius && !parse_radius(c_, index, search_.radius, search_.unit_m)) return false;
    index += 2;
    return true;
  }

  bool parse_center_position(size_t index) {
    geo::Position position;
    if (!parse_position(c_, index, position)) return false;
    search_.center = position;
    search_.has_center = true;
    return true;
  }

  bool find_center_member(size_t index) {
    search_.has_center = true;
    if (!source_) return true;
    search_.center = position_of_member(source_.object(), c_.arg(index));
    if (search_.center) return true;
    c_.error("ERR could not decode requested zset member");
    return false;
  }

  bool parse_option(size_t& index) {
    if (parse_flag(index)) return ++index, true;
    const size_t words_behind = c_.arg_count() - index - 1;
    if (words_behind >= 1 && c_.arg_is(index, "count")) return parse_count(index);
    if (words_behind >= 1 && form_.may_store) {
      const bool distances = c_.arg_is(index, "storedist");
      if (distances || c_.arg_is(index, "store")) {
        search_.store_key = c_.arg(index + 1);
        search_.stores_distance = distances;
        return index += 2, true;
      }
    }
    if (form_.center == Center::option) return parse_search_option(index, words_behind);
    c_.syntax_error();
    return false;
  }

  bool parse_flag(size_t index) {
    if (c_.arg_is(index, "withdist")) return search_.with_distance = true;
    if (c_.arg_is(index, "withhash")) return search_.with_score = true;
    if (c_.arg_is(index, "withcoord")) return search_.with_position = true;
    if (c_.arg_is(index, "any")) return search_.any = true;
    if (c_.arg_is(index, "asc")) return search_.order = Order::nearest_first, true;
    if (c_.arg_is(index, "desc")) return search_.order = Order::farthest_first, true;
    return form_.always_stores && c_.arg_is(index, "storedist") && (search_.stores_distance = true);
  }

  bool parse_count(size_t& index) {
    if (!c_.parse_integer(index + 1, search_.count)) return false;
    if (search_.count <= 0) return c_.error("ERR COUNT must be > 0"), false;
    index += 2;
    return true;
  }

  // What only GEOSEARCH and GEOSEARCHSTORE have.
  bool parse_search_option(size_t& index, size_t words_behind) {
    const bool from_member = search_.has_center && center_is_member_;
    const bool from_position = search_.has_center && !center_is_member_;
    const bool polygon = search_.outline == Outline::polygon;
    const bool circle = search_.outline == Outline::circle, box = search_.outline == Outline::box;
    if (c_.arg_is(index, "frommember") && words_behind >= 1 && !from_position && !polygon) {
      center_is_member_ = true;
      if (!find_center_member(index + 1)) return false;
      return index += 2, true;
    }
    if (c_.arg_is(index, "fromlonlat") && words_behind >= 2 && !from_member && !polygon) {
      if (!parse_center_position(index + 1)) return false;
      return index += 3, true;
    }
    if (c_.arg_is(index, "byradius") && words_behind >= 2 && !box && !polygon) {
      search_.outline = Outline::circle;
      if (!parse_radius(c_, index + 1, search_.radius, search_.unit_m)) return false;
      return index += 3, true;
    }
    if (c_.arg_is(index, "bybox") && words_behind >= 3 && !circle && !polygon) {
      return parse_box(index);
    }
    const bool free = !circle && !box && !polygon && !search_.has_center;
    if (c_.arg_is(index, "bypolygon") && words_behind >= 1 && free) return parse_polygon(index);
    c_.syntax_error();
    return false;
  }

  bool parse_box(size_t& index) {
    search_.outline = Outline::box;
    if (!c_.parse_number(index + 1, search_.width, "ERR need numeric width")) return false;
    if (!c_.parse_number(index + 2, search_.height, "ERR need numeric height")) return false;
    if (search_.width < 0 || search_.height < 0) {
      return c_.error("ERR height or width cannot be negative"), false;
    }
    if (!parse_distance_unit(c_, index + 3, search_.unit_m)) return false;
    index += 4;
    return true;
  }

  bool parse_polygon(size_t& index) {
    int64_t count;
    if (!c_.parse_integer(index + 1, count)) return false;
    if (count < 3) return c_.error("ERR GEOSEARCH BYPOLYGON must have at least 3 vertices"), false;
    index += 2;
    if (static_cast<uint64_t>(count) > (c_.arg_count() - index) / 2)
      return c_.syntax_error(), false;
    search_.outline = Outline::polygon;
    search_.vertices.resize(static_cast<size_t>(count));
    for (geo::Position& vertex : search_.vertices) {
      if (!parse_position(c_, index, vertex)) return false;
      index += 2;
    }
    return true;
  }

  bool check_together() {
    if (search_.store_key && search_.shows_more()) {
      const std::string subject =
          form_.always_stores ? "GEOSEARCHSTORE" : "STORE option in GEORADIUS";
      c_.error("ERR " + subject +
               " is not compatible with WITHDIST, WITHHASH and WITHCOORD options");
      return false;
    }
    if (!search_.has_center && search_.outline != Outline::polygon) {
      return missing("FROMMEMBER or FROMLONLAT");
    }
    if (search_.outline == Outline::none) return missing("BYRADIUS and BYBOX");
    if (!search_.any || search_.count != 0) return true;
    c_.error("ERR the ANY argument requires COUNT argument");
    return false;
  }

  bool missing(std::string_view words) {
    c_.error("ERR exactly one of " + std::string(words) + " can be specified for " +
             std::string(c_.arg(0)));
    return false;
  }

  CommandContext& c_;
  const GeoSearchForm& form_;
  const Read& source_;
  Search& search_;
  bool center_is_member_ = false;
};

struct Found {
  size_t name_begin = 0;
  uint32_t name_bytes = 0;
  uint32_t rank = 0;  // in the order of finding
  geo::Position position;
  double score = 0;
  double distance_m = 0;
};

// The members that were found; their names stand one behind the other.
struct Finds {
  std::vector<Found> places;
  std::string names;

  void add(std::string_view member, const geo::Position& position, double score, double distance_m) {
    const auto bytes = static_cast<uint32_t>(member.size()), rank = static_cast<uint32_t>(places.size());
    places.push_back({names.size(), bytes, rank, position, score, distance_m});
    names += member;
  }
  std::string_view name_of(const Found& place) const {
    return std::string_view(names).substr(place.name_begin, place.name_bytes);
  }
};

// Searches the cells one after the other, each in the order of scores.
Finds find(Object source, const geo::Shape& shape, size_t limit) {
  Finds found;
  SortedSet set(source);
  for (const geo::Cell& cell : shape.covering_cells()) {
    const auto [first, end] = geo::scores_in(cell);
    const ScoreRange range{.min = {.value = static_cast<double>(first)},
                           .max = {.value = static_cast<double>(end), .exclusive = true}};
    const auto visit = [&](std::string_view member, double score) {
      const geo::Position position = geo::position_of(score);
      const auto distance_m = shape.distance_within_m(position);
      if (distance_m) found.add(member, position, score, *distance_m);
      return limit == 0 || found.places.size() < limit;
    };
    set.for_each(set.range_of(range), false, visit);
    if (limit != 0 && found.places.size() >= limit) break;
  }
  return found;
}

// Leaves `count` members, in order. Those that are equally far stay as they were found.
void order_and_cut(std::vector<Found>& found, Order order, size_t count) {
  const auto before = [order](const Found& a, const Found& b) {
    if (a.distance_m == b.distance_m) return a.rank < b.rank;
    return (a.distance_m < b.distance_m) == (order == Order::nearest_first);
  };
  const auto end = found.begin() + static_cast<std::ptrdiff_t>(count);
  if (order != Order::none && end == found.end()) {
    std::sort(found.begin(), end, before);
  } else if (order != Order::none) {
    std::partial_sort(found.begin(), end, found.end(), before);
  }
  found.erase(end, found.end());
}

void reply_found(CommandContext& c, const Finds& found, const Search& search) {
  const size_t details = size_t{search.with_distance} + search.with_score + search.with_position;
  c.reply().array(found.places.size());
  for (const Found& place : found.places) {
    if (details > 0) c.reply().array(1 + details);
    c.reply().bulk(found.name_of(place));
    if (search.with_distance) reply_distance(c, place.distance_m / search.unit_m);
    if (search.with_score) c.reply().integer(static_cast<int64_t>(place.score));
    if (search.with_position) reply_position(c, place.position);
  }
}

void store_found(CommandContext& c, const Finds& found, const Search& search,
                 std::string_view event) {
  SortedSet::Expected expected{.members = found.places.size()};
  for (const Found& place : found.places) {
    expected.member_bytes_max = std::max<size_t>(expected.member_bytes_max, place.name_bytes);
  }
  Object result = SortedSet::make_for(expected, c.limits());
  SortedSet set(result);
  for (const Found& place : found.places) {
    const double score = search.stores_distance ? place.distance_m / search.unit_m : place.score;
    set.set(found.name_of(place), score, c.limits());
  }
  Edit edit = c.edit(*search.store_key, Type::none);
  edit.set_object(result);
  edit.event(found.places.empty() ? "del" : event);
  edit.count_changes(std::max<uint32_t>(1, static_cast<uint32_t>(found.places.size())));
  c.reply().integer(static_cast<int64_t>(found.places.size()));
}

}  // namespace

void run_geo_search(CommandContext& c, const GeoSearchForm& form) {
  const Read source = c.read(c.arg(form.source_index), Type::zset);
  if (source.wrong_type) return;
  Search search;
  if (!SearchParser(c, form, source, search).parse()) return;
  Finds found;
  if (source) {
    if (search.count != 0 && search.order == Order::none && !search.any) {
      search.order = Order::nearest_first;
    }
    const auto count = static_cast<size_t>(search.count);
    found = find(source.object(), search.shape(), search.any ? count : 0);
    const size_t all = found.places.size();
    order_and_cut(found.places, search.order, count == 0 ? all : std::min(count, all));
  }
  if (!search.store_key) return reply_found(c, found, search);
  const bool is_search = form.center == GeoSearchForm::Center::option;
  store_found(c, found, search, is_search ? "geosearchstore" : "georadiusstore");
}

}  // namespace redstart
