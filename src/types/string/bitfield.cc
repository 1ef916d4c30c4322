#include "types/string/bitfield.h"

#include <algorithm>

#include "base/numbers.h"

namespace redstart::bitfield {
namespace {

constexpr size_t kBytesMax = 9;  // 64 bits that begin within a byte

// The lowest `bits` bits, as the encoding reads them.
int64_t wrapped(uint64_t value, Encoding encoding) {
  const unsigned unused = 64u - encoding.bits;
  if (encoding.is_signed) return static_cast<int64_t>(value << unused) >> unused;
  return static_cast<int64_t>(value << unused >> unused);
}

}  // namespace

std::optional<Encoding> parse_encoding(std::string_view text) {
  if (text.empty() || (text[0] != 'i' && text[0] != 'u')) return std::nullopt;
  const bool is_signed = text[0] == 'i';
  const auto bits = parse_int64(text.substr(1));
  if (!bits || *bits < 1 || *bits > (is_signed ? 64 : 63)) return std::nullopt;
  return Encoding{is_signed, static_cast<uint8_t>(*bits)};
}

int64_t get(std::string_view bytes, uint64_t offset, Encoding encoding) {
  const uint64_t first = offset >> 3;
  unsigned __int128 window = 0;
  for (size_t i = 0; i < kBytesMax; ++i) {
    window <<= 8;
    if (first + i < bytes.size()) window |= static_cast<uint8_t>(bytes[first + i]);
  }
  const unsigned behind = kBytesMax * 8 - static_cast<unsigned>(offset & 7) - encoding.bits;
  return wrapped(static_cast<uint64_t>(window >> behind), encoding);
}

void set(char* bytes, uint64_t offset, Encoding encoding, int64_t value) {
  char* place = bytes + (offset >> 3);
  const auto bit = static_cast<unsigned>(offset & 7);
  const size_t count = (bit + encoding.bits + 7) / 8;
  const unsigned behind = static_cast<unsigned>(count) * 8 - bit - encoding.bits;
  const unsigned __int128 mask = ((static_cast<unsigned __int128>(1) << encoding.bits) - 1)
                                 << behind;
  const unsigned __int128 wanted = static_cast<unsigned __int128>(static_cast<uint64_t>(value))
                                   << behind;
  unsigned __int128 window = 0;
  for (size_t i = 0; i < count; ++i) window = window << 8 | static_cast<uint8_t>(place[i]);
  window = (window & ~mask) | (wanted & mask);
  for (size_t i = count; i-- > 0; window >>= 8) place[i] = static_cast<char>(window);
}

std::optional<int64_t> add(int64_t value, int64_t increment, Encoding encoding, Overflow overflow) {
  const __int128 one = 1;
  const __int128 min = encoding.is_signed ? -(one << (encoding.bits - 1)) : 0;
  const __int128 max = (one << (encoding.is_signed ? encoding.bits - 1 : encoding.bits)) - 1;
  const __int128 from =
      encoding.is_signed ? __int128{value} : __int128{static_cast<uint64_t>(value)};
  const __int128 sum = from + increment;
  if (sum >= min && sum <= max) return static_cast<int64_t>(sum);
  // Redis takes the room up to the maximum in 64 bits, where it wraps around for values far below the minimum:
  // those count as too large.
  const bool is_wrapped = encoding.is_signed && encoding.bits < 64 && max - from > INT64_MAX;
  switch (overflow) {
    case Overflow::wrap:
      return wrapped(static_cast<uint64_t>(sum), encoding);
    case Overflow::saturate:
      return static_cast<int64_t>(sum > max || is_wrapped ? max : min);
    case Overflow::fail:
      return std::nullopt;
  }
  return std::nullopt;
}

}  // namespace redstart::bitfield
