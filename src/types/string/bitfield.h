// Integers of any width at any bit of a string, most significant bit first: what BITFIELD reads and
// writes.
//
// Threads: thread-safe, pure functions.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace redstart::bitfield {

// i1 to i64, u1 to u63.
struct Encoding {
  bool is_signed = false;
  uint8_t bits = 1;
};
std::optional<Encoding> parse_encoding(std::string_view text);

// The integer whose first bit is at `offset`; what lies behind the bytes is zero.
int64_t get(std::string_view bytes, uint64_t offset, Encoding encoding);
// Writes the low bits of `value`. REQUIRES: the field lies within the bytes.
void set(char* bytes, uint64_t offset, Encoding encoding, int64_t value);

enum class Overflow : uint8_t { wrap, saturate, fail };
// value + increment within what the encoding holds; nothing when it does not fit and `overflow`
// says so. `value` may be any integer: for an unsigned field, a negative one counts as larger than
// all.
std::optional<int64_t> add(int64_t value, int64_t increment, Encoding encoding, Overflow overflow);

}  // namespace redstart::bitfield
