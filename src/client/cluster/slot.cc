#include "client/cluster/slot.h"

#include <array>
#include <cstdint>

namespace redstart {
namespace {

constexpr std::array<uint16_t, 256> make_table() {
  std::array<uint16_t, 256> table{};
  for (unsigned byte = 0; byte < 256; ++byte) {
    unsigned crc = byte << 8;
    for (int bit = 0; bit < 8; ++bit) crc = crc & 0x8000 ? crc << 1 ^ 0x1021 : crc << 1;
    table[byte] = static_cast<uint16_t>(crc);
  }
  return table;
}
constexpr auto kTable = make_table();

std::string_view hashed_part(std::string_view key) {
  const size_t open = key.find('{');
  if (open == std::string_view::npos) return key;
  const size_t close = key.find('}', open + 1);
  if (close == std::string_view::npos || close == open + 1) return key;
  return key.substr(open + 1, close - open - 1);
}

}  // namespace

int slot_of(std::string_view key) {
  uint16_t crc = 0;
  for (const char c : hashed_part(key)) {
    crc =
        static_cast<uint16_t>(crc << 8 ^ kTable[(crc >> 8 ^ static_cast<unsigned char>(c)) & 0xff]);
  }
  return crc % kSlots;
}

}  // namespace redstart
