// Strings as rows of bits: counting, finding, combining. Bit 0 is the most significant bit of the
// first byte, as in SETBIT.
//
// Threads: thread-safe, pure functions. What is vectorised is chosen once, by what the processor
// has.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

namespace redstart::bitmap {

// Bits [first, last], both included; empty when first > last.
struct BitRange {
  uint64_t first = 0, last = 0;
};

inline bool bit_at(std::string_view bytes, uint64_t offset) {
  const uint64_t index = offset >> 3;
  return index < bytes.size() &&
         (static_cast<uint8_t>(bytes[index]) >> (7 - (offset & 7)) & 1) != 0;
}

// How many bits are set. O(bytes).
uint64_t count(std::string_view bytes);
// The same within a range. REQUIRES: it lies within the bytes, or is empty.
uint64_t count(std::string_view bytes, BitRange range);

// The first bit of the range that equals `bit`. REQUIRES: as count(). O(bytes).
std::optional<uint64_t> find(std::string_view bytes, BitRange range, bool bit);

// BITOP's operations. X is the first source, Y all others; a shorter source is continued with
// zeros.
enum class Operation : uint8_t {
  and_,
  or_,
  xor_,
  not_,   // of the only source
  diff,   // in X and in no Y
  diff1,  // in a Y and not in X
  andor,  // in X and in some Y
  one,    // in exactly one source
};
// Writes `size` bytes to `out`, which may be one of the sources. REQUIRES: at least one source
// (diff, diff1, andor: two), none longer than `size`. O(size * sources).
void combine(Operation operation, std::span<const std::string_view> sources, char* out,
             size_t size);

}  // namespace redstart::bitmap
