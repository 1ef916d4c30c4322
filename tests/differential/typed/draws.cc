#include "tests/differential/typed/draws.h"

#include <array>
#include <cmath>
#include <limits>

#include "tests/differential/key_pools.h"
#include "tests/differential/value_pools.h"

namespace redstart::oracle {
namespace {

// A server writes what a script calls a big number as it is: no client can read a reply in which it has no digits.
// DBSIZE counts keys that have expired and that nobody has met yet.
bool is_comparable(std::string_view script) {
  return script.find("big_number") == std::string_view::npos && script.find("dbsize") == std::string_view::npos;
}

}  // namespace

using std::chrono::milliseconds;

Draws::Word Draws::key(char pool) {
  const uint64_t draw = below(1000);
  if (draw < 870) return keep(words_.key_of(pool));
  if (draw < 990) return keep(words_.key_of(kPools[below(kPools.size())]));
  return keep(one_of(kOddKeys));
}

Draws::Word Draws::script() {
  std::string text = scripts_.script();
  while (!is_comparable(text)) text = scripts_.script();
  return keep(std::move(text));
}

Draws::Word Draws::library() {
  std::string text = scripts_.library();
  while (!is_comparable(text)) text = scripts_.library();
  return keep(std::move(text));
}

Draws::Word Draws::any_key() { return key(kPools[below(kPools.size())]); }

Draws::Word Draws::lex_key() { return keep(words_.key_of(kLexPool)); }

int64_t Draws::number() {
  const uint64_t draw = below(100);
  if (draw < 60) return static_cast<int64_t>(below(14)) - 4;
  if (draw < 75) return static_cast<int64_t>(below(200)) - 100;
  return std::stoll(one_of(kIntegers));
}

// Bits far away, though allowed, would make strings of hundreds of megabytes.
int64_t Draws::bit_offset() {
  if (chance(0.05)) return any_of<int64_t>({-1, int64_t{1} << 32, std::numeric_limits<int64_t>::max()});
  return static_cast<int64_t>(below(chance(0.1) ? 20'000 : 150));
}

double Draws::real() {
  const uint64_t draw = below(100);
  if (draw < 50) return static_cast<double>(below(20)) - 5;
  if (draw < 70) return static_cast<double>(below(5000)) / 100;
  constexpr double kInfinity = std::numeric_limits<double>::infinity();
  return any_of<double>({0, 1, -1, 1.5, 0.1, -0.1, 1e10, 1e17, 9007199254740992, 1e308, -1e308, 1e-300, 5e-324,
                         0.30000000000000004, kInfinity, -kInfinity, std::nan("")});
}

milliseconds Draws::ttl() {
  const uint64_t draw = below(100);
  if (draw < 60) return milliseconds(1000 + below(1'200'000));
  if (draw < 80) return milliseconds(200'000'000'000 + below(1000));
  if (draw < 85) return milliseconds(1 + below(50));
  return milliseconds(any_of<int64_t>({0, -1, -100'000, std::numeric_limits<int64_t>::min(),
                                       std::numeric_limits<int64_t>::max(), 9'223'372'036'854'775}));
}

int64_t Draws::deadline_ms() {
  const uint64_t draw = below(100);
  if (draw < 70) return now_ms_ + static_cast<int64_t>(below(1'200'000)) - 10'000;
  if (draw < 90) return 4'102'444'800'000 + static_cast<int64_t>(below(1000));
  return any_of<int64_t>({0, -1, 1, 1'500'000'000'000, std::numeric_limits<int64_t>::max()});
}

ExpireIf Draws::expire_condition() {
  return any_of({ExpireIf::always, ExpireIf::none, ExpireIf::exists, ExpireIf::later, ExpireIf::sooner});
}

SetOptions Draws::set_options() {
  SetOptions options;
  if (chance(0.2)) options.ttl = ttl();
  if (chance(0.1)) options.expire_at_unix_ms = deadline_ms();
  options.keep_ttl = chance(0.15);
  if (chance(0.3)) options.condition = flip() ? SetOptions::If::missing : SetOptions::If::exists;
  return options;
}

ScanOptions Draws::scan_options() {
  ScanOptions options;
  if (flip()) options.match = pattern();
  if (flip()) options.count = static_cast<int64_t>(1 + below(30));
  return options;
}

// Most within a few hundred kilometers, some at the map's edges or beyond.
GeoPosition Draws::position() {
  if (chance(0.04)) return {any_of<double>({180, -180, 0, 200}), any_of<double>({85.05112878, -85.05112878, 0, 86})};
  const auto within = [&](double low, double high) {
    return std::uniform_real_distribution<double>(low, high)(random_);
  };
  const double longitude = chance(0.7) ? within(10, 16) : within(-180, 180);
  return {longitude, chance(0.7) ? within(36, 40) : within(-85, 85)};
}

GeoSearch Draws::geo_search() {
  const auto size = [&] { return std::exp(std::uniform_real_distribution<double>(-2, 16)(random_)); };
  GeoSearch search;
  if (flip()) {
    search.from = position();
  } else {
    search.from = std::string(member());
  }
  if (may_be_newer_ && chance(0.3)) {
    search.within = GeoPolygon{some([&] { return position(); })};
  } else if (flip()) {
    search.within = GeoCircle{size()};
  } else {
    const double width = size();
    search.within = GeoBox{width, size()};
  }
  search.unit = any_of({GeoUnit::meters, GeoUnit::kilometers, GeoUnit::feet, GeoUnit::miles});
  search.order =
      any_of({GeoSearch::Order::none, GeoSearch::Order::nearest_first, GeoSearch::Order::farthest_first});
  // Of members that are equally far, a store may leave out any: then it tells those that it found first.
  if (chance(0.3)) search.count = static_cast<int64_t>(1 + below(12));
  search.any = search.count != 0;
  return search;
}

// Near the clock, as those that a store makes itself, so that both ascend together.
Draws::Word Draws::stream_id() {
  const uint64_t draw = below(100);
  if (draw < 80) return keep(std::to_string(now_ms_) + "-" + std::to_string(below(60)));
  if (draw < 88) return keep(std::to_string(now_ms_));
  return word_of({"0", "0-0", "0-1", "5", "-", "+", "abc", "", "1-2-3", "18446744073709551615-18446744073709551615",
                  "(1-1", "$", ">", "*"});
}

StreamReferences Draws::references() {
  if (!may_be_newer_) return StreamReferences::keep;
  return any_of({StreamReferences::keep, StreamReferences::erase, StreamReferences::acked});
}

StreamTrimOptions Draws::trim() {
  StreamTrimOptions options;
  // What a least id takes out depends on where the oracle's removed entries lie: one below all of them takes none.
  if (chance(0.9)) {
    options.length_max = static_cast<int64_t>(below(25)) - (chance(0.05) ? 30 : 0);
  } else {
    options.id_min = word_of({"0-1", "0", "5"});
  }
  options.exactly = flip();
  if (!options.exactly && chance(0.3)) options.limit = static_cast<int64_t>(below(30));
  options.references = references();
  return options;
}

}  // namespace redstart::oracle
