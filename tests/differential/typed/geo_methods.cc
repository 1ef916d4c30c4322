// The typed methods of positions.
#include "tests/differential/typed/methods.h"

namespace redstart::oracle {

void add_geo_methods(Methods& methods) {
  methods.add("geoadd", [](Draws& d) {
    return [key = d.key('g'), position = d.position(), member = d.member()](Client& c) {
      return c.geoadd(key, position, member);
    };
  }).weight = 3;
  methods.add("geoadd_all", [](Draws& d) {
    const auto members = d.some([&] { return GeoMember{std::string(d.member()), d.position()}; });
    const Draws::Words options = d.flip() ? Draws::Words{} : Draws::Words{d.word_of({"NX", "XX", "CH", "GT"})};
    return [key = d.key('g'), members, options](Client& c) {
      return spread(options, [&](std::initializer_list<std::string_view> list) {
        return c.geoadd_all(key, members, list);
      });
    };
  });
  methods.add("geodist", [](Draws& d) {
    const GeoUnit unit = d.any_of({GeoUnit::meters, GeoUnit::kilometers, GeoUnit::feet, GeoUnit::miles});
    return [key = d.key('g'), first = d.member(), second = d.member(), unit](Client& c) {
      return c.geodist(key, first, second, unit);
    };
  });
  methods.add("geopos", [](Draws& d) {
    return [key = d.key('g'), members = d.members()](Client& c) { return c.geopos(key, members); };
  });
  methods.add("geohash", [](Draws& d) {
    return [key = d.key('g'), members = d.members()](Client& c) { return c.geohash(key, members); };
  });
  methods.add("geosearch", [](Draws& d) {
    GeoSearch search = d.geo_search();
    search.with_position = d.flip();
    search.with_distance = d.flip();
    search.with_hash = d.flip();
    return [key = d.key('g'), search](Client& c) { return c.geosearch(key, search); };
  }).weight = 3;
  methods.add("geosearchstore", [](Draws& d) {
    return [to = d.key('g'), key = d.key('g'), search = d.geo_search(), distances = d.chance(0.3)](Client& c) {
      return c.geosearchstore(to, key, search, distances);
    };
  });
}

}  // namespace redstart::oracle
