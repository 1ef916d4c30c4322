// BitmapMethods: the commands of strings as rows of bits, as methods with typed replies. See commands.h.
#pragma once

#include "redstart/commands/typed.h"

namespace redstart {

enum class BitUnit : unsigned char { byte, bit };
// BITOP's. X is the first source, Y are the others. Those from `diff` on came with Redis 8.2.
enum class BitOperation : unsigned char {
  and_,
  or_,
  xor_,
  not_,   // of one source
  diff,   // X without what is in a Y
  diff1,  // what is in a Y, without X
  andor,  // what is in X and in a Y
  one     // what is in exactly one source
};

namespace detail {

inline std::string_view word(BitUnit unit) { return unit == BitUnit::byte ? "BYTE" : "BIT"; }
inline std::string_view word(BitOperation operation) {
  constexpr std::string_view kWords[] = {"AND", "OR", "XOR", "NOT", "DIFF", "DIFF1", "ANDOR", "ONE"};
  return kWords[static_cast<unsigned char>(operation)];
}

}  // namespace detail

template <class Self>
class BitmapMethods {
 public:
  // SETBIT: what the bit was.
  auto setbit(std::string_view key, int64_t offset, bool on) {
    return self().run(detail::typed<bool>(WordList("SETBIT", key, offset, int64_t{on})));
  }
  // GETBIT.
  auto getbit(std::string_view key, int64_t offset) {
    return self().run(detail::typed<bool>(WordList("GETBIT", key, offset)));
  }
  // BITCOUNT.
  auto bitcount(std::string_view key) {
    return self().run(detail::typed<int64_t>(WordList("BITCOUNT", key)));
  }
  // BITCOUNT from first to last, both included, negative from the end.
  auto bitcount(std::string_view key, int64_t first, int64_t last, BitUnit unit = BitUnit::byte) {
    WordList words("BITCOUNT", key, first, last);
    if (unit == BitUnit::bit) words.add(detail::word(unit));
    return self().run(detail::typed<int64_t>(std::move(words)));
  }
  // BITPOS: -1 when there is none; for a clear bit, the place behind the last one.
  auto bitpos(std::string_view key, bool bit) {
    return self().run(detail::typed<int64_t>(WordList("BITPOS", key, int64_t{bit})));
  }
  // BITPOS within first to last, both included, negative from the end; -1 when there is none.
  auto bitpos(std::string_view key, bool bit, int64_t first, int64_t last,
              BitUnit unit = BitUnit::byte) {
    WordList words("BITPOS", key, int64_t{bit}, first, last);
    if (unit == BitUnit::bit) words.add(detail::word(unit));
    return self().run(detail::typed<int64_t>(std::move(words)));
  }
  // BITOP: the length in bytes of what is kept under `to`.
  template <class Range>
  auto bitop(BitOperation operation, std::string_view to, const Range& keys) {
    return self().run(detail::typed<int64_t>(
        WordList("BITOP", detail::word(operation), to).add_all(keys)));
  }
  // BITFIELD in Redis's words: {"OVERFLOW", "FAIL", "INCRBY", "u8", "#0", "1"}. An integer for each operation, none
  // for one that an overflow prevented.
  auto bitfield(std::string_view key, std::initializer_list<std::string_view> operations) {
    return self().run(detail::typed<std::vector<std::optional<int64_t>>>(
        WordList("BITFIELD", key).add_all(operations)));
  }
  // BITFIELD_RO in Redis's words: {"GET", "u8", "#0"}.
  auto bitfield_ro(std::string_view key, std::initializer_list<std::string_view> operations) {
    return self().run(
        detail::typed<std::vector<int64_t>>(WordList("BITFIELD_RO", key).add_all(operations)));
  }

 private:
  Self& self() { return static_cast<Self&>(*this); }
};

}  // namespace redstart
