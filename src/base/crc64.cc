#include "base/crc64.h"

#include <array>
#include <cstddef>
#include <cstring>

namespace redstart {
namespace {

constexpr uint64_t kPolynomialReflected = 0x95ac9329ac4bc9b5;
constexpr size_t kSlices = 16;
using Tables = std::array<std::array<uint64_t, 256>, kSlices>;

// tables[k][b] is what a byte b does to the checksum when k more bytes follow it: sixteen bytes are then
// sixteen independent lookups ("slicing", Kounavis and Berry 2008).
constexpr Tables make_tables() {
  Tables tables{};
  for (uint64_t byte = 0; byte < 256; ++byte) {
    uint64_t crc = byte;
    for (int bit = 0; bit < 8; ++bit) crc = crc >> 1 ^ ((crc & 1) != 0 ? kPolynomialReflected : 0);
    tables[0][byte] = crc;
  }
  for (size_t slice = 1; slice < kSlices; ++slice) {
    for (size_t byte = 0; byte < 256; ++byte) {
      const uint64_t before = tables[slice - 1][byte];
      tables[slice][byte] = before >> 8 ^ tables[0][before & 255];
    }
  }
  return tables;
}

constexpr Tables kTables = make_tables();

uint64_t word_at(const char* bytes) {
  uint64_t word;
  std::memcpy(&word, bytes, sizeof word);
  return word;
}

// What the eight bytes of `word` do when `behind` bytes follow the last of them.
uint64_t slice(uint64_t word, size_t behind) {
  uint64_t crc = 0;
  for (size_t i = 0; i < 8; ++i) crc ^= kTables[behind + 7 - i][word >> (8 * i) & 255];
  return crc;
}

}  // namespace

uint64_t crc64(uint64_t crc, std::string_view bytes) {
  const char* at = bytes.data();
  size_t left = bytes.size();
  for (; left >= 16; at += 16, left -= 16) {
    crc = slice(word_at(at) ^ crc, 8) ^ slice(word_at(at + 8), 0);
  }
  for (; left > 0; ++at, --left) {
    crc = crc >> 8 ^ kTables[0][(crc ^ static_cast<uint8_t>(*at)) & 255];
  }
  return crc;
}

}  // namespace redstart
