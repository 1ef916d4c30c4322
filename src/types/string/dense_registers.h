// 16384 registers of 6 bits, lowest bits first: the body of a dense HyperLogLog.
//
// Threads: thread-safe, pure functions.
#pragma once

#include <array>
#include <cstdint>

#include "types/string/hyperloglog.h"

namespace redstart::hyperloglog {

inline uint8_t dense_register(const char* packed, size_t index) {
  const size_t bit = index * kRegisterBits;
  const auto* const place = reinterpret_cast<const uint8_t*>(packed) + bit / 8;
  const unsigned shift = bit % 8;
  unsigned word = place[0];
  if (shift > 8 - kRegisterBits) word |= static_cast<unsigned>(place[1]) << 8;
  return word >> shift & ((1u << kRegisterBits) - 1);
}
inline void set_dense_register(char* packed, size_t index, uint8_t rank) {
  const size_t bit = index * kRegisterBits;
  auto* const place = reinterpret_cast<uint8_t*>(packed) + bit / 8;
  const unsigned shift = bit % 8;
  const unsigned mask = ((1u << kRegisterBits) - 1) << shift, value = static_cast<unsigned>(rank)
                                                                      << shift;
  place[0] = static_cast<uint8_t>((place[0] & ~mask) | value);
  if (shift > 8 - kRegisterBits) {
    place[1] = static_cast<uint8_t>((place[1] & ~(mask >> 8)) | value >> 8);
  }
}

// All of them, a byte each, and back.
void unpack(const char* packed, Registers& registers);
void pack(const Registers& registers, char* packed);

// How many registers have each rank. REQUIRES: ranks of kRegisterBits bits.
using Histogram = std::array<uint32_t, 1 << kRegisterBits>;
Histogram count_ranks(const Registers& registers);

}  // namespace redstart::hyperloglog
