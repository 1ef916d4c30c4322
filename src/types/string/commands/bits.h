// What the bitmap commands have in common: offsets, ranges, a string that is long enough.
//
// Threads: as CommandContext.
#pragma once

#include <cstdint>

#include "execution/command_context.h"
#include "types/string/bitmap.h"

namespace redstart {

// The place of a bit, within the largest string that is allowed. `#n` means n * `field_bits`,
// unless that is 0. False: the error has been replied.
bool parse_bit_offset(CommandContext& c, size_t index, uint64_t& offset, unsigned field_bits = 0);

// Makes the string long enough for the bit at `offset` and gives its bytes to write to. REQUIRES: a
// string or no key.
struct WritableBits {
  char* bytes;
  bool grew;  // or the key is new
};
WritableBits open_bits(Edit& edit, uint64_t offset);

// The bits [start, end] of a string, each given in bytes or bits and from the string's end when
// negative.
struct BitRangeText {
  int64_t start = 0, end = -1;
  bool in_bits = false;
};
// BYTE or BIT; a syntax error otherwise, then false.
bool parse_bit_unit(CommandContext& c, size_t index, bool& in_bits);
// What of the range lies within `size_bytes`; first > last when nothing does.
bitmap::BitRange bits_within(const BitRangeText& range, size_t size_bytes);

}  // namespace redstart
