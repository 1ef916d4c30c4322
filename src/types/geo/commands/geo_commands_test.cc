// The commands of positions, with the replies of redis-server 7.0.15.
#include <gtest/gtest.h>

#include "execution/command_tester.h"

namespace redstart {
namespace {

struct Step {
  const char* command;
  const char* reply;
};

void expect_replies(CommandTester& run, std::initializer_list<Step> steps) {
  for (const Step& step : steps) EXPECT_EQ(run(step.command), step.reply) << step.command;
}

constexpr const char* kWrongType =
    "(error) WRONGTYPE Operation against a key holding the wrong kind of value";
constexpr const char* kSyntax = "(error) ERR syntax error";
constexpr const char* kNoFloat = "(error) ERR value is not a valid float";
constexpr const char* kBadUnit = "(error) ERR unsupported unit provided. please use M, KM, FT, MI";
constexpr const char* kAddSicily =
    "GEOADD g 13.361389 38.115556 Palermo 15.087269 37.502669 Catania";

TEST(Geoadd, refuses_positions_that_are_not_on_the_map) {
  CommandTester run;
  expect_replies(
      run, {{"GEOADD g 181 0 x", "(error) ERR invalid longitude,latitude pair 181.000000,0.000000"},
            {"GEOADD g 0 86 x", "(error) ERR invalid longitude,latitude pair 0.000000,86.000000"},
            {"GEOADD g 0 0 fine east 0 x", kNoFloat},
            {"GEOADD g NX XX 0 0 x", kSyntax},
            {"GEOADD g 0 0 x 1", kSyntax},
            {"EXISTS g", "(integer) 0"},
            {"SET s x", "OK"},
            {"GEOADD s 0 0 x", kWrongType}});
}

TEST(Geoadd, heeds_its_conditions) {
  CommandTester run;
  expect_replies(run, {{kAddSicily, "(integer) 2"},
                       {"GEOADD g NX CH 13 38 Palermo", "(integer) 0"},
                       {"GEOADD g XX 1 1 nowhere", "(integer) 0"},
                       {"GEOADD g CH 13.5 38 Palermo", "(integer) 1"},
                       {"GEOADD g 13.361389 38.115556 Palermo", "(integer) 0"},
                       {"ZSCORE g Palermo", "(double) 3479099956230698"},
                       {"ZCARD g", "(integer) 2"}});
}

TEST(Geodist, is_nil_without_both_members) {
  CommandTester run;
  expect_replies(run, {{kAddSicily, "(integer) 2"},
                       {"GEODIST none a b parsec", kBadUnit},
                       {"GEODIST g Palermo Catania km more", kSyntax},
                       {"GEODIST g Palermo none", "(nil)"},
                       {"GEODIST none a b", "(nil)"},
                       {"GEODIST g Palermo Catania", "\"166274.1516\""},
                       {"GEODIST g Palermo Catania MI", "\"103.3182\""}});
}

TEST(Georadius, rounds_distances_as_redis_does) {
  CommandTester run;
  expect_replies(run, {{"GEOADD g 11.615856 62.023634 m", "(integer) 1"},  // 2,627,771.16745000007 m from there
                       {"GEORADIUS g 15.795153 38.538075 3000 km WITHDIST", "1) 1) \"m\"\n   2) \"2627.7712\""},
                       {"GEORADIUS g 15.795153 38.538075 3000000 m WITHDIST", "1) 1) \"m\"\n   2) \"2627771.1674\""}});
}

TEST(Geopos, has_a_place_for_each_member_asked_for) {
  CommandTester run;
  expect_replies(run, {{kAddSicily, "(integer) 2"},
                       {"GEOPOS g Palermo none",
                        "1) 1) \"13.36138933897018433\"\n   2) \"38.11555639549629859\"\n2) (nil)"},
                       {"GEOPOS none a", "1) (nil)"},
                       {"GEOHASH g Palermo none", "1) \"sqc8b49rny0\"\n2) (nil)"},
                       {"GEOHASH g", "(empty array)"}});
}

TEST(Geosearch, wants_one_center_and_one_outline) {
  CommandTester run;
  expect_replies(
      run,
      {{kAddSicily, "(integer) 2"},
       {"geosearch g BYRADIUS 1 km ASC DESC",
        "(error) ERR exactly one of FROMMEMBER or FROMLONLAT can be specified for geosearch"},
       {"GEOSEARCH g FROMLONLAT 1 1 ASC ASC",
        "(error) ERR exactly one of BYRADIUS and BYBOX can be specified for GEOSEARCH"},
       {"GEOSEARCH g FROMMEMBER Palermo FROMLONLAT 1 1 BYBOX 1 1 km", kSyntax},
       {"GEOSEARCH g FROMMEMBER Palermo BYRADIUS 1 km BYBOX 1 1 km", kSyntax},
       {"GEOSEARCH g FROMMEMBER none BYRADIUS 1 km",
        "(error) ERR could not decode requested zset member"},
       {"GEOSEARCH g FROMMEMBER Palermo BYRADIUS -1 km", "(error) ERR radius cannot be negative"},
       {"GEOSEARCH g FROMMEMBER Palermo BYBOX 1 -1 km",
        "(error) ERR height or width cannot be negative"},
       {"GEOSEARCH g FROMMEMBER Palermo BYBOX 1 x km", "(error) ERR need numeric height"},
       {"GEOSEARCH g FROMMEMBER Palermo BYRADIUS 1 parsec", kBadUnit},
       {"GEOSEARCH g FROMMEMBER Palermo BYRADIUS 1 km ANY",
        "(error) ERR the ANY argument requires COUNT argument"},
       {"GEOSEARCH g FROMMEMBER Palermo BYRADIUS 1 km COUNT 0", "(error) ERR COUNT must be > 0"},
       {"GEOSEARCHSTORE d g FROMMEMBER Palermo BYRADIUS 1 km WITHDIST",
        "(error) ERR GEOSEARCHSTORE is not compatible with WITHDIST, WITHHASH and WITHCOORD "
        "options"},
       {"GEOSEARCH none FROMMEMBER none BYRADIUS 1 km", "(empty array)"}});
}

TEST(Geosearch, tells_what_was_asked_for_in_a_fixed_order) {
  CommandTester run;
  expect_replies(
      run, {{kAddSicily, "(integer) 2"},
            {"GEOSEARCH g FROMLONLAT 15 37 BYRADIUS 200 km ASC", "1) \"Catania\"\n2) \"Palermo\""},
            {"GEOSEARCH g FROMLONLAT 15 37 BYRADIUS 200 km DESC COUNT 1", "1) \"Palermo\""},
            {"GEOSEARCH g FROMLONLAT 15 37 BYRADIUS 200 km COUNT 1 WITHCOORD WITHHASH WITHDIST",
             "1) 1) \"Catania\"\n   2) \"56.4413\"\n   3) (integer) 3479447370796909\n"
             "   4) 1) \"15.08726745843887329\"\n      2) \"37.50266842333162032\""},
            {"GEOSEARCH g FROMMEMBER Palermo BYBOX 400 400 km ASC WITHDIST",
             "1) 1) \"Palermo\"\n   2) \"0.0000\"\n2) 1) \"Catania\"\n   2) \"166.2742\""},
            {"GEORADIUS_RO g 15 37 100 km", "1) \"Catania\""},
            {"GEORADIUSBYMEMBER_RO g Palermo 100 km STORE d", kSyntax}});
}

TEST(Geosearch, finds_the_members_within_a_polygon) {
  CommandTester run;
  expect_replies(run, {{kAddSicily, "(integer) 2"},
                       {"GEOSEARCH g BYPOLYGON 2 1 1 2 2",
                        "(error) ERR GEOSEARCH BYPOLYGON must have at least 3 vertices"},
                       {"GEOSEARCH g BYPOLYGON 3 1 1 2 2 3", kSyntax},
                       {"GEOSEARCH g BYPOLYGON 3 1 1 2 2 3 3 FROMMEMBER Palermo", kSyntax},
                       {"GEOSEARCH g FROMMEMBER Palermo BYPOLYGON 3 1 1 2 2 3 3", kSyntax},
                       {"GEOSEARCH g BYPOLYGON 4 13 38 14 38 14 39 13 39", "1) \"Palermo\""},
                       {"GEOSEARCH g BYPOLYGON 3 0 0 90 0 0 80 DESC COUNT 1", "1) \"Palermo\""},
                       {"GEOSEARCHSTORE d g BYPOLYGON 4 12 36 16 36 16 39 12 39", "(integer) 2"}});
}

TEST(Geosearchstore, keeps_positions_or_distances) {
  CommandTester run;
  expect_replies(
      run, {{kAddSicily, "(integer) 2"},
            {"SET d x", "OK"},
            {"GEOSEARCHSTORE d g FROMMEMBER Palermo BYRADIUS 400 km", "(integer) 2"},
            {"ZSCORE d Palermo", "(double) 3479099956230698"},
            {"GEOSEARCHSTORE d g FROMMEMBER Palermo BYRADIUS 400 km STOREDIST", "(integer) 2"},
            {"ZSCORE d Catania", "(double) 166.27415156960032"},
            {"GEORADIUS g 15 37 100 km STORE e STOREDIST d", "(integer) 1"},
            {"ZCARD d", "(integer) 1"},
            {"EXISTS e", "(integer) 0"},
            {"GEORADIUS g 15 37 100 km STORE e STORE d", "(integer) 1"},
            {"ZSCORE d Catania", "(double) 3479447370796909"},
            {"GEORADIUSBYMEMBER none x 1 km STORE d", "(integer) 0"},
            {"EXISTS d", "(integer) 0"},
            {"GEORADIUS g 15 37 1 km STORE d WITHDIST",
             "(error) ERR STORE option in GEORADIUS is not compatible with WITHDIST, "
             "WITHHASH and WITHCOORD options"}});
}

TEST(Georadius, says_which_keys_it_stores_under) {
  CommandTester run;
  expect_replies(
      run,
      {{"COMMAND GETKEYS GEORADIUS g 15 37 1 km STORE d", "1) \"g\"\n2) \"d\""},
       {"COMMAND GETKEYS GEORADIUSBYMEMBER g m 1 km STOREDIST d", "1) \"g\"\n2) \"d\""},
       {"COMMAND GETKEYS GEORADIUS g 15 37 1 km STORE d STORE e", "1) \"g\"\n2) \"d\"\n3) \"e\""}});
}

TEST(Geopos, shows_all_decimals_in_resp3_values) {
  CommandTester run(3);
  run(kAddSicily);
  const Reply position = run.reply("GEOPOS g Palermo");
  ASSERT_EQ(position.size(), 1u);
  EXPECT_DOUBLE_EQ(position.elements()[0].elements()[0].as_number(), 13.36138933897018433);
}

}  // namespace
}  // namespace redstart
