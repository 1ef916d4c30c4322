#include "types/string/bitfield.h"

#include <gtest/gtest.h>

#include <random>
#include <string>

#include "types/string/bitmap.h"

namespace redstart::bitfield {
namespace {

constexpr Encoding kByte{.is_signed = false, .bits = 8};
constexpr Encoding kSignedByte{.is_signed = true, .bits = 8};
constexpr Encoding kWide{.is_signed = true, .bits = 64};

TEST(Bitfield, refuses_encodings_that_no_integer_has) {
  for (const auto* const text :
       {"", "u", "i", "u0", "i0", "u64", "i65", "8", "U8", "u08", "u-1", "u8 "}) {
    EXPECT_FALSE(parse_encoding(text).has_value()) << text;
  }
  EXPECT_EQ(parse_encoding("u63")->bits, 63);
  EXPECT_TRUE(parse_encoding("i64")->is_signed);
}

TEST(Bitfield, reads_zeros_behind_the_end) {
  EXPECT_EQ(get("\xff", 4, kByte), 0xf0);
  EXPECT_EQ(get("\xff", 8, kByte), 0);
  EXPECT_EQ(get("", 1'000'000, kWide), 0);
}

TEST(Bitfield, refuses_wraps_or_stops_where_an_integer_ends) {
  EXPECT_EQ(add(255, 1, kByte, Overflow::fail), std::nullopt);
  EXPECT_EQ(add(255, 1, kByte, Overflow::wrap), 0);
  EXPECT_EQ(add(255, 1, kByte, Overflow::saturate), 255);
  EXPECT_EQ(add(0, -1, kByte, Overflow::wrap), 255);
  EXPECT_EQ(add(0, -1, kByte, Overflow::saturate), 0);
  EXPECT_EQ(add(-1, 0, kByte, Overflow::saturate), 255);
  EXPECT_EQ(add(127, 1, kSignedByte, Overflow::wrap), -128);
  EXPECT_EQ(add(-128, -1, kSignedByte, Overflow::saturate), -128);
  EXPECT_EQ(add(-1000, 0, kSignedByte, Overflow::saturate), -128);
  EXPECT_EQ(add(INT64_MIN + 1, 0, kSignedByte, Overflow::saturate), 127);  // so Redis has it
  EXPECT_EQ(add(INT64_MAX, 1, kWide, Overflow::wrap), INT64_MIN);
  EXPECT_EQ(add(INT64_MIN, -1, kWide, Overflow::saturate), INT64_MIN);
  EXPECT_EQ(add(5, INT64_MAX, kSignedByte, Overflow::fail), std::nullopt);
  EXPECT_EQ(add(100, 27, kSignedByte, Overflow::fail), 127);
}

TEST(Bitfield, changes_the_bits_of_the_field_and_no_others) {
  std::mt19937_64 random(3);
  for (int round = 0; round < 5000; ++round) {
    const bool is_signed = random() % 2 == 0;
    const auto bits = static_cast<uint8_t>(1 + random() % (is_signed ? 64 : 63));
    const Encoding encoding{is_signed, bits};
    std::string bytes;
    for (int i = 0; i < 24; ++i) bytes.push_back(static_cast<char>(random()));
    const uint64_t offset = random() % (24 * 8 - bits + 1);
    const std::string before = bytes;
    // Of the width, signed or not.
    const auto drawn = static_cast<int64_t>(random());
    const int64_t value = *add(drawn, 0, encoding, Overflow::wrap);
    set(bytes.data(), offset, encoding, value);
    EXPECT_EQ(get(bytes, offset, encoding), value);
    for (uint64_t bit = 0; bit < 24 * 8; ++bit) {
      if (bit >= offset && bit < offset + bits) continue;
      ASSERT_EQ(bitmap::bit_at(bytes, bit), bitmap::bit_at(before, bit));
    }
  }
}

}  // namespace
}  // namespace redstart::bitfield
