#include "types/string/commands/bits.h"

#include <algorithm>

#include "base/numbers.h"
#include "execution/config.h"
#include "execution/executor.h"

namespace redstart {

bool parse_bit_offset(CommandContext& c, size_t index, uint64_t& offset, unsigned field_bits) {
  std::string_view text = c.arg(index);
  int64_t unit = 1;
  if (field_bits != 0 && text.starts_with('#')) {
    text.remove_prefix(1);
    unit = field_bits;
  }
  const auto number = parse_int64(text);
  int64_t bits = -1;
  const bool fits = number && !__builtin_mul_overflow(*number, unit, &bits) && bits >= 0 &&
                    static_cast<uint64_t>(bits >> 3) < c.executor().config().bulk_bytes_max();
  if (!fits) {
    c.error("ERR bit offset is not an integer or out of range");
    return false;
  }
  offset = static_cast<uint64_t>(bits);
  return true;
}

WritableBits open_bits(Edit& edit, uint64_t offset) {
  const size_t size = edit.exists() ? edit.entry()->text_size() : 0;
  const size_t needed = (offset >> 3) + 1;
  const bool grew = needed > size;  // so does a key that is missing
  return {edit.resize_text(std::max(size, needed)), grew};
}

bool parse_bit_unit(CommandContext& c, size_t index, bool& in_bits) {
  in_bits = c.arg_is(index, "bit");
  if (in_bits || c.arg_is(index, "byte")) return true;
  c.syntax_error();
  return false;
}

bitmap::BitRange bits_within(const BitRangeText& range, size_t size_bytes) {
  const auto size = static_cast<int64_t>(range.in_bits ? size_bytes * 8 : size_bytes);
  const auto place = [&](int64_t index) {
    return std::max<int64_t>(index < 0 ? index + size : index, 0);
  };
  const int64_t start = place(range.start), end = std::min(place(range.end), size - 1);
  if (start > end) return {1, 0};
  const auto first = static_cast<uint64_t>(start), last = static_cast<uint64_t>(end);
  if (range.in_bits) return {first, last};
  return {first * 8, last * 8 + 7};
}

}  // namespace redstart
