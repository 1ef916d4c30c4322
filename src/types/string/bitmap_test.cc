#include "types/string/bitmap.h"

#include <gtest/gtest.h>

#include <random>
#include <string>
#include <vector>

namespace redstart::bitmap {
namespace {

// Random bytes, in runs that are all zeros or all ones now and then.
std::string random_bytes(std::mt19937_64& random, size_t size) {
  std::string bytes;
  while (bytes.size() < size) {
    const size_t run = 1 + random() % 100;
    switch (random() % 3) {
      case 0:
        bytes.append(run, '\0');
        break;
      case 1:
        bytes.append(run, '\xff');
        break;
      default:
        for (size_t i = 0; i < run; ++i) bytes.push_back(static_cast<char>(random()));
    }
  }
  bytes.resize(size);
  return bytes;
}

uint64_t counted_one_by_one(std::string_view bytes, BitRange range) {
  uint64_t count = 0;
  for (uint64_t i = range.first; i <= range.last; ++i) count += bit_at(bytes, i);
  return count;
}

std::optional<uint64_t> found_one_by_one(std::string_view bytes, BitRange range, bool bit) {
  for (uint64_t i = range.first; i <= range.last; ++i) {
    if (bit_at(bytes, i) == bit) return i;
  }
  return std::nullopt;
}

bool combined_bit(Operation operation, const std::vector<std::string_view>& sources, uint64_t at) {
  const bool x = bit_at(sources[0], at);
  size_t count = 0;
  for (const std::string_view source : sources) count += bit_at(source, at);
  const bool y = count > x;
  switch (operation) {
    case Operation::and_:
      return count == sources.size();
    case Operation::or_:
      return count > 0;
    case Operation::xor_:
      return count % 2 == 1;
    case Operation::not_:
      return !x;
    case Operation::diff:
      return x && !y;
    case Operation::diff1:
      return y && !x;
    case Operation::andor:
      return x && y;
    case Operation::one:
      return count == 1;
  }
  return false;
}

TEST(Bitmap, has_no_bits_in_an_empty_range) {
  EXPECT_EQ(count("\xff"), 8u);
  EXPECT_EQ(count(""), 0u);
  EXPECT_EQ(count("\xff", {5, 4}), 0u);
  EXPECT_EQ(find("\xff", {5, 4}, true), std::nullopt);
  EXPECT_FALSE(bit_at("\xff", 8));
}

TEST(Bitmap, numbers_bits_from_the_most_significant_one) {
  EXPECT_TRUE(bit_at("\x80", 0));
  EXPECT_FALSE(bit_at("\x80", 1));
  EXPECT_EQ(find("\x01\x80", {0, 15}, true), 7u);
  EXPECT_EQ(count("\x01\x80", {7, 8}), 2u);
  EXPECT_EQ(count("\x01\x80", {0, 6}), 0u);
}

TEST(Bitmap, counts_and_finds_as_one_by_one) {
  std::mt19937_64 random(7);
  for (int round = 0; round < 600; ++round) {
    const std::string bytes = random_bytes(random, 1 + random() % 1500);
    const uint64_t bits = bytes.size() * 8;
    BitRange range{random() % bits, random() % bits};
    if (range.first > range.last) std::swap(range.first, range.last);
    EXPECT_EQ(count(bytes), counted_one_by_one(bytes, {0, bits - 1}));
    EXPECT_EQ(count(bytes, range), counted_one_by_one(bytes, range));
    for (const bool bit : {false, true}) {
      EXPECT_EQ(find(bytes, range, bit), found_one_by_one(bytes, range, bit));
    }
  }
}

TEST(Bitmap, combines_sources_of_any_lengths_bit_by_bit) {
  std::mt19937_64 random(8);
  constexpr Operation kAll[] = {Operation::and_,  Operation::or_,  Operation::xor_,
                                Operation::not_,  Operation::diff, Operation::diff1,
                                Operation::andor, Operation::one};
  for (int round = 0; round < 160; ++round) {
    const Operation operation = kAll[round % 8];
    const size_t sources = operation == Operation::not_ ? 1 : 2 + random() % 4;
    std::vector<std::string> texts;
    size_t size = 0;
    for (size_t i = 0; i < sources; ++i) {
      texts.push_back(random_bytes(random, random() % (round % 5 == 0 ? 9000 : 40)));
      size = std::max(size, texts.back().size());
    }
    const std::vector<std::string_view> views(texts.begin(), texts.end());
    std::string out(size, 'x');
    combine(operation, views, out.data(), size);
    for (uint64_t bit = 0; bit < size * 8; ++bit) {
      ASSERT_EQ(bit_at(out, bit), combined_bit(operation, views, bit)) << round << " " << bit;
    }
  }
}

TEST(Bitmap, may_write_over_one_of_the_sources) {
  std::mt19937_64 random(9);
  for (const Operation operation : {Operation::or_, Operation::diff1, Operation::one}) {
    const std::string first = random_bytes(random, 10'000), third = random_bytes(random, 9'000);
    std::string second = random_bytes(random, 10'000), expected(10'000, '\0');
    const std::string_view sources[] = {first, second, third};
    combine(operation, sources, expected.data(), expected.size());
    combine(operation, sources, second.data(), second.size());
    EXPECT_EQ(second, expected);
  }
}

}  // namespace
}  // namespace redstart::bitmap
