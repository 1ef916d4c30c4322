#include "types/geo/geohash.h"

#include <algorithm>
#include <string_view>

namespace redstart::geo {
namespace {

constexpr double kPoleLatitude = 90;

// Moves the bits of a word to every other place, and back.
uint64_t spread(uint32_t word) {
  uint64_t bits = word;
  bits = (bits | bits << 16) & 0x0000ffff0000ffff;
  bits = (bits | bits << 8) & 0x00ff00ff00ff00ff;
  bits = (bits | bits << 4) & 0x0f0f0f0f0f0f0f0f;
  bits = (bits | bits << 2) & 0x3333333333333333;
  return (bits | bits << 1) & 0x5555555555555555;
}

uint32_t gather(uint64_t bits) {
  bits &= 0x5555555555555555;
  bits = (bits | bits >> 1) & 0x3333333333333333;
  bits = (bits | bits >> 2) & 0x0f0f0f0f0f0f0f0f;
  bits = (bits | bits >> 4) & 0x00ff00ff00ff00ff;
  bits = (bits | bits >> 8) & 0x0000ffff0000ffff;
  return static_cast<uint32_t>(bits | bits >> 16);
}

Cell make_cell(uint32_t column, uint32_t row, unsigned steps) {
  return {spread(row) | spread(column) << 1, steps};
}
uint32_t column_of(const Cell& cell) { return gather(cell.bits >> 1); }
uint32_t row_of(const Cell& cell) { return gather(cell.bits); }

// Where a value lies among 2^steps equal parts of [-max, max].
uint32_t part_of(double value, double max, unsigned steps) {
  const double offset = (value + max) / (max + max);
  return static_cast<uint32_t>(static_cast<int64_t>(offset * static_cast<double>(1ull << steps)));
}
double part_begin(uint64_t part, double max, unsigned steps) {
  return -max +
         (static_cast<double>(part) * 1.0 / static_cast<double>(1ull << steps)) * (max + max);
}

// A score may be any double; what no cell has is cut as the processor's conversion cuts it.
uint64_t bits_of(double score) {
  constexpr double kTwoTo63 = 9223372036854775808.0, kTwoTo64 = 2 * kTwoTo63;
  if (score >= kTwoTo64) return 0;
  if (score >= kTwoTo63) return static_cast<uint64_t>(score);
  if (score < -kTwoTo63) return uint64_t{1} << 63;
  return static_cast<uint64_t>(static_cast<int64_t>(score));
}

}  // namespace

Cell cell_of(const Position& position, unsigned steps) {
  return make_cell(part_of(position.longitude, kLongitudeMax, steps),
                   part_of(position.latitude, kLatitudeMax, steps), steps);
}

Area area_of(const Cell& cell) {
  const uint64_t column = column_of(cell), row = row_of(cell);
  return {.longitude_min = part_begin(column, kLongitudeMax, cell.steps),
          .longitude_max = part_begin(column + 1, kLongitudeMax, cell.steps),
          .latitude_min = part_begin(row, kLatitudeMax, cell.steps),
          .latitude_max = part_begin(row + 1, kLatitudeMax, cell.steps)};
}

Cell neighbour(const Cell& cell, int east, int north) {
  // The outermost positions of the map begin a column and a row of their own: who stays in it,
  // stays there.
  const auto moved = [&](uint32_t part, int by) {
    return by == 0 ? part : (part + static_cast<uint32_t>(by)) & ((1u << cell.steps) - 1);
  };
  return make_cell(moved(column_of(cell), east), moved(row_of(cell), north), cell.steps);
}

ScoreSpan scores_in(const Cell& cell) {
  const unsigned bits_below = 2 * (kStepsMax - cell.steps);
  return {cell.bits << bits_below, (cell.bits + 1) << bits_below};
}

double score_of(const Position& position) {
  return static_cast<double>(cell_of(position, kStepsMax).bits);
}

Position position_of(double score) {
  const Area area = area_of({bits_of(score), kStepsMax});
  const auto middle = [](double min, double max, double limit) {
    return std::clamp((min + max) / 2, -limit, limit);
  };
  return {.longitude = middle(area.longitude_min, area.longitude_max, kLongitudeMax),
          .latitude = middle(area.latitude_min, area.latitude_max, kLatitudeMax)};
}

std::array<char, 11> geohash_text(const Position& position) {
  constexpr std::string_view kAlphabet = "0123456789bcdefghjkmnpqrstuvwxyz";
  constexpr unsigned kBits = 2 * kStepsMax, kBitsPerCharacter = 5;
  const uint64_t bits = make_cell(part_of(position.longitude, kLongitudeMax, kStepsMax),
                                  part_of(position.latitude, kPoleLatitude, kStepsMax), kStepsMax)
                            .bits;
  std::array<char, 11> text;
  for (unsigned i = 0; i + 1 < text.size(); ++i) {
    text[i] = kAlphabet[bits >> (kBits - (i + 1) * kBitsPerCharacter) & 31];
  }
  text.back() = kAlphabet[0];  // there are bits for ten characters and a half
  return text;
}

}  // namespace redstart::geo
