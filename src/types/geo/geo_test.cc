// Positions, geohashes and shapes.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <random>
#include <string>
#include <vector>

#include "types/geo/geohash.h"
#include "types/geo/shape.h"

namespace redstart::geo {
namespace {

constexpr Position kPalermo{13.361389, 38.115556}, kCatania{15.087269, 37.502669};

Position random_position(std::mt19937_64& random) {
  const auto within = [&](double limit) {
    return std::uniform_real_distribution<double>(-limit, limit)(random);
  };
  return {within(kLongitudeMax), within(kLatitudeMax)};
}

bool covers(const std::vector<Cell>& cells, const Position& position) {
  const auto score = static_cast<uint64_t>(score_of(position));
  return std::ranges::any_of(cells, [&](const Cell& cell) {
    const auto [first, end] = scores_in(cell);
    return score >= first && score < end;
  });
}

TEST(Geohash, takes_any_score_for_a_position_on_the_map) {
  const double infinity = std::numeric_limits<double>::infinity();
  for (const double score :
       {0.0, -0.0, -1.0, 1e300, -1e300, infinity, -infinity, 1e19, 0.5, 4.6e15}) {
    EXPECT_TRUE(is_valid(position_of(score))) << score;
  }
  EXPECT_NEAR(position_of(0).longitude, -180, 1e-5);
  EXPECT_NEAR(position_of(0).latitude, -kLatitudeMax, 1e-5);
}

TEST(Geohash, keeps_positions_to_less_than_a_meter) {
  std::mt19937_64 random(1);
  for (int i = 0; i < 2000; ++i) {
    const Position position = random_position(random);
    EXPECT_LT(distance_m(position, position_of(score_of(position))), 0.6);
  }
}

TEST(Geohash, gives_the_scores_and_texts_of_redis) {
  EXPECT_EQ(score_of(kPalermo), 3479099956230698);
  EXPECT_EQ(score_of(kCatania), 3479447370796909);
  const auto text = geohash_text(position_of(score_of(kPalermo)));
  EXPECT_EQ(std::string(text.begin(), text.end()), "sqc8b49rny0");
}

TEST(Geohash, numbers_cells_so_that_scores_of_a_cell_are_together) {
  std::mt19937_64 random(2);
  for (int i = 0; i < 500; ++i) {
    const Position position = random_position(random);
    for (const unsigned steps : {1u, 5u, 17u, kStepsMax}) {
      const Cell cell = cell_of(position, steps);
      const auto [first, end] = scores_in(cell);
      const auto score = static_cast<uint64_t>(score_of(position));
      EXPECT_TRUE(score >= first && score < end);
      const Area area = area_of(cell);
      EXPECT_LE(area.longitude_min, position.longitude);
      EXPECT_GE(area.latitude_max, position.latitude);
    }
  }
}

TEST(Geohash, goes_around_the_map_to_find_neighbours) {
  const Cell eastern = cell_of({179, 0.5}, 8), western = cell_of({-179, 0.5}, 8);
  EXPECT_EQ(neighbour(eastern, 1, 0), western);
  EXPECT_EQ(neighbour(western, -1, 0), eastern);
  EXPECT_EQ(neighbour(neighbour(eastern, 1, 1), -1, -1), eastern);
}

TEST(Position, is_as_far_from_another_as_the_sphere_says) {
  EXPECT_EQ(distance_m(kPalermo, kPalermo), 0);
  EXPECT_NEAR(distance_m(kPalermo, kCatania), 166'274, 1);
  const double half_way_round = kEarthRadiusM * radians(180);
  EXPECT_NEAR(distance_m({-90, 0}, {90, 0}), half_way_round, 1);
  EXPECT_DOUBLE_EQ(distance_m({10, 1}, {10, 2}), latitude_distance_m(1, 2));
}

TEST(Shape, holds_what_is_near_enough_and_nothing_else) {
  const Shape circle = Shape::circle({15, 37}, 100'000);
  EXPECT_EQ(circle.distance_within_m(kPalermo), std::nullopt);
  EXPECT_EQ(circle.distance_within_m(kCatania), distance_m({15, 37}, kCatania));
  const Shape box = Shape::box({15, 37}, {.width_m = 400'000, .height_m = 120'000});
  EXPECT_TRUE(box.distance_within_m(kCatania).has_value());
  EXPECT_FALSE(box.distance_within_m(kPalermo).has_value());
}

TEST(Shape, of_a_polygon_may_have_dents) {
  // Open to the east.
  const Shape shape = Shape::polygon({{0, 0}, {10, 0}, {3, 5}, {10, 10}, {0, 10}});
  EXPECT_TRUE(shape.distance_within_m({2, 5}).has_value());
  EXPECT_TRUE(shape.distance_within_m({8, 1}).has_value());
  EXPECT_FALSE(shape.distance_within_m({8, 5}).has_value());
  EXPECT_FALSE(shape.distance_within_m({-1, 5}).has_value());
  EXPECT_EQ(shape.center(), (Position{23.0 / 5, 5}));
}

TEST(Shape, is_covered_by_its_cells) {
  std::mt19937_64 random(3);
  for (int round = 0; round < 400; ++round) {
    const Position center = random_position(random);
    if (std::fabs(center.latitude) > 60 || std::fabs(center.longitude) > 150) continue;
    const double size_m = std::exp(std::uniform_real_distribution<double>(0, 13)(random));
    std::vector<Position> corners;
    for (int i = 0; i < 5; ++i) {
      const auto near = [&](double degree) {
        return degree + std::uniform_real_distribution<double>(-1, 1)(random) * size_m / 111'000;
      };
      corners.push_back({near(center.longitude), near(center.latitude)});
    }
    const Shape shapes[] = {Shape::circle(center, size_m),
                            Shape::box(center, {.width_m = size_m, .height_m = size_m / 2}),
                            Shape::polygon(corners)};
    for (const Shape& shape : shapes) {
      const auto cells = shape.covering_cells();
      EXPECT_LE(cells.size(), 9u);
      for (int i = 0; i < 50; ++i) {
        const auto near = [&](double degree) {
          return degree + std::uniform_real_distribution<double>(-2, 2)(random) * size_m / 111'000;
        };
        const Position position{near(center.longitude), near(center.latitude)};
        if (!is_valid(position) || !shape.distance_within_m(position)) continue;
        EXPECT_TRUE(covers(cells, position));
      }
    }
  }
}

TEST(Shape, has_every_cell_of_the_map_once_when_it_is_larger) {
  const auto cells = Shape::circle({1, 1}, 1e9).covering_cells();
  for (const Position& position :
       {kPalermo, Position{-179, -84}, Position{179, 84}, Position{-1, 1}}) {
    EXPECT_TRUE(covers(cells, position));
  }
  EXPECT_EQ(cells.size(), 4u);
}

}  // namespace
}  // namespace redstart::geo
