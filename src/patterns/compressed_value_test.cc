#include "redstart/patterns/compressed_value.h"

#include <gtest/gtest.h>

#include <random>

namespace redstart {
namespace {

constexpr Codec kCodecs[] = {Codec::zlib, Codec::lz4, Codec::zstd};

std::string repetitive(size_t size_bytes) {
  std::string text;
  while (text.size() < size_bytes)
    text += "{\"name\":\"row " + std::to_string(text.size() % 97) + "\",\"state\":\"ok\"},";
  text.resize(size_bytes);
  return text;
}

std::string random_bytes(size_t size_bytes, unsigned seed) {
  std::mt19937 random(seed);
  std::string bytes;
  while (bytes.size() < size_bytes) bytes += static_cast<char>(random());
  return bytes;
}

TEST(CompressedValue, refuses_damaged_bytes_whatever_the_codec) {
  for (const Codec codec : kCodecs) {
    const std::string stored = compress_value(repetitive(5000), {.codec = codec});
    for (size_t size = 2; size < stored.size(); ++size) {
      EXPECT_FALSE(decompress_value(stored.substr(0, size)).has_value()) << name_of(codec) << " " << size;
    }
    std::mt19937 random(1);
    for (int i = 0; i < 2000; ++i) {
      std::string bytes = stored;
      bytes[2 + random() % (bytes.size() - 2)] = static_cast<char>(random());
      const auto value = decompress_value(bytes, 1 << 20);
      if (value) {
        EXPECT_LE(value->size(), 1u << 20);
      } else {
        EXPECT_EQ(value.error().code, ErrorCode::unexpected_reply);
      }
    }
  }
}

TEST(CompressedValue, refuses_what_would_become_too_large) {
  const std::string stored = compress_value(std::string(100'000, 'x'));
  EXPECT_LT(stored.size(), 200u);
  EXPECT_FALSE(decompress_value(stored, 99'999).has_value());
  EXPECT_EQ(decompress_value(stored, 100'000)->size(), 100'000u);
}

TEST(CompressedValue, leaves_small_and_incompressible_values_as_they_are) {
  for (const Codec codec : kCodecs) {
    const std::string small = repetitive(1024);
    EXPECT_EQ(compress_value(small, {.codec = codec}), small);
    const std::string noise = random_bytes(4000, 7);
    EXPECT_EQ(compress_value(noise, {.codec = codec}), noise);
    EXPECT_EQ(codec_of(noise), Codec::none);
  }
  EXPECT_EQ(compress_value(""), "");
  EXPECT_EQ(decompress_value("").value(), "");
}

TEST(CompressedValue, gives_back_every_value_whatever_it_begins_with) {
  const std::string mark = "\xC1\x5A";
  for (const std::string& tail : {std::string(), std::string("\x03"), std::string(3, '\0'), repetitive(3000)}) {
    for (const Codec codec : {Codec::none, Codec::zlib, Codec::lz4, Codec::zstd}) {
      const std::string stored = compress_value(mark + tail, {.codec = codec});
      EXPECT_LE(stored.size(), mark.size() + tail.size() + 4);
      EXPECT_EQ(decompress_value(stored).value(), mark + tail) << name_of(codec) << " " << tail.size();
    }
  }
}

TEST(CompressedValue, shrinks_repetitive_text_to_less_than_half_and_says_with_what) {
  for (const Codec codec : kCodecs) {
    for (const int level : {0, 1, 9}) {
      const std::string value = repetitive(20'000);
      const std::string stored = compress_value(value, {.codec = codec, .level = level});
      EXPECT_LT(stored.size(), value.size() / 2) << name_of(codec);
      EXPECT_EQ(codec_of(stored), codec);
      EXPECT_EQ(decompress_value(stored).value(), value);
    }
  }
}

}  // namespace
}  // namespace redstart
