// GEORADIUS key longitude latitude radius unit [WITHCOORD] [WITHDIST] [WITHHASH] [COUNT count
// [ANY]] [ASC|DESC] [STORE key|STOREDIST key]: the members within a circle around a position.
// GEORADIUS_RO: GEORADIUS that only reads.
// GEORADIUSBYMEMBER key member radius unit ...: the members within a circle around one of them.
// GEORADIUSBYMEMBER_RO: GEORADIUSBYMEMBER that only reads.
#include <algorithm>
#include <array>
#include <span>

#include "types/geo/commands/search.h"
#include "types/geo/commands/search_arguments.h"

namespace redstart {
namespace {

// `options`: where STORE and STOREDIST are looked for from.
constexpr std::array<KeySpec, 3> keys_with_options_at(int options) {
  const KeySpec stored = {.flags = kKeyOW | kKeyUpdate,
                          .begin = KeySpec::Begin::keyword,
                          .start_from = options,
                          .last = 0};
  std::array<KeySpec, 3> keys = {KeySpec{.flags = kKeyRO | kKeyAccess, .index = 1, .last = 0},
                                 stored, stored};
  keys[1].keyword = "STORE";
  keys[2].keyword = "STOREDIST";
  return keys;
}

constexpr auto kRadiusKeys = keys_with_options_at(6);
constexpr auto kRadiusByMemberKeys = keys_with_options_at(5);

// `center`: what says where the circle is.
template <size_t kWords>
constexpr std::array<Argument, kWords + 10> arguments_around(const Argument (&center)[kWords],
                                                             std::span<const Argument> count) {
  const Argument others[] = {
      {.name = "key", .type = ArgumentType::key, .key_spec = 0},
      {.name = "radius", .type = ArgumentType::number},
      {.name = "unit", .type = ArgumentType::one_of, .children = kDistanceUnitArguments},
      {.name = "withcoord",
       .type = ArgumentType::pure_token,
       .token = "WITHCOORD",
       .flags = kOptional},
      {.name = "withdist",
       .type = ArgumentType::pure_token,
       .token = "WITHDIST",
       .flags = kOptional},
      {.name = "withhash",
       .type = ArgumentType::pure_token,
       .token = "WITHHASH",
       .flags = kOptional},
      {.name = "count", .type = ArgumentType::block, .flags = kOptional, .children = count},
      {.name = "order",
       .type = ArgumentType::one_of,
       .flags = kOptional,
       .children = kGeoOrderArguments},
      {.name = "key",
       .type = ArgumentType::key,
       .key_spec = 1,
       .token = "STORE",
       .flags = kOptional},
      {.name = "key",
       .type = ArgumentType::key,
       .key_spec = 2,
       .token = "STOREDIST",
       .flags = kOptional},
  };
  std::array<Argument, kWords + 10> all = {others[0]};
  std::ranges::copy(center, all.begin() + 1);
  std::ranges::copy(std::span(others).subspan(1), all.begin() + 1 + kWords);
  return all;
}

constexpr auto kRadiusArguments = arguments_around(kPositionArguments, kGeoRadiusCountArguments);
constexpr Argument kMember[] = {{.name = "member", .type = ArgumentType::string}};
constexpr auto kRadiusByMemberArguments = arguments_around(kMember, kGeoCountArguments);

// Without the last two, STORE and STOREDIST, which the commands that only read do not have.
constexpr std::span<const Argument> readers(std::span<const Argument> arguments) {
  return arguments.first(arguments.size() - 2);
}

constexpr HistoryEntry kHistory[] = {
    {"7.0.0", "Units may be in upper case."},
};

}  // namespace

REDSTART_COMMAND(georadius) = {
    .name = "georadius",
    .summary =
        "Finds the members within a circle around a position, or keeps them under another key.",
    .complexity = kGeoSearchComplexity,
    .since = "3.2.0",
    .group = CommandGroup::geo,
    .arity = -6,
    .flags = kWrite | kDenyOom | kMovableKeys,
    .acl_categories = "geo",
    .keys = kRadiusKeys,
    .arguments = kRadiusArguments,
    .deprecated_since = "6.2.0",
    .replaced_by = "`GEOSEARCH` and `GEOSEARCHSTORE` with the `BYRADIUS` argument",
    .history = kHistory,
    .run =
        [](CommandContext& c) {
          run_geo_search(c, {.center = GeoSearchForm::Center::position, .may_store = true});
        },
};

REDSTART_COMMAND(georadius_ro) = {
    .name = "georadius_ro",
    .summary = "Finds the members within a circle around a position.",
    .complexity = kGeoSearchComplexity,
    .since = "3.2.10",
    .group = CommandGroup::geo,
    .arity = -6,
    .flags = kReadonly,
    .acl_categories = "geo",
    .keys = std::span(kRadiusKeys).first(1),
    .arguments = readers(kRadiusArguments),
    .deprecated_since = "6.2.0",
    .replaced_by = "`GEOSEARCH` with the `BYRADIUS` argument",
    .run =
        [](CommandContext& c) { run_geo_search(c, {.center = GeoSearchForm::Center::position}); },
};

REDSTART_COMMAND(georadiusbymember) = {
    .name = "georadiusbymember",
    .summary =
        "Finds the members within a circle around one of them, or keeps them under another key.",
    .complexity = kGeoSearchComplexity,
    .since = "3.2.0",
    .group = CommandGroup::geo,
    .arity = -5,
    .flags = kWrite | kDenyOom | kMovableKeys,
    .acl_categories = "geo",
    .element_index = 2,
    .keys = kRadiusByMemberKeys,
    .arguments = kRadiusByMemberArguments,
    .deprecated_since = "6.2.0",
    .replaced_by =
        "`GEOSEARCH` and `GEOSEARCHSTORE` with the `BYRADIUS` and `FROMMEMBER` arguments",
    .history = kHistory,
    .run =
        [](CommandContext& c) {
          run_geo_search(c, {.center = GeoSearchForm::Center::member, .may_store = true});
        },
};

REDSTART_COMMAND(georadiusbymember_ro) = {
    .name = "georadiusbymember_ro",
    .summary = "Finds the members within a circle around one of them.",
    .complexity = kGeoSearchComplexity,
    .since = "3.2.10",
    .group = CommandGroup::geo,
    .arity = -5,
    .flags = kReadonly,
    .acl_categories = "geo",
    .element_index = 2,
    .keys = std::span(kRadiusKeys).first(1),
    .arguments = readers(kRadiusByMemberArguments),
    .deprecated_since = "6.2.0",
    .replaced_by = "`GEOSEARCH` with the `BYRADIUS` and `FROMMEMBER` arguments",
    .run = [](CommandContext& c) { run_geo_search(c, {.center = GeoSearchForm::Center::member}); },
};

}  // namespace redstart
