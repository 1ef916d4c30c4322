// Bytes: comparisons of short strings, as keys, fields and names of commands are, without a call.
//
// Threads: thread-safe.
#pragma once

#include <cstdint>
#include <cstring>
#include <string_view>

namespace redstart {

// As a == b. Up to 16 bytes are compared as two words, which overlap unless they are as long together.
inline bool is_same(std::string_view a, std::string_view b) {
  const size_t size = a.size();
  if (size != b.size()) return false;
  const auto is_same_word = [&]<class Word>(Word, size_t offset) {
    Word of_a, of_b;
    std::memcpy(&of_a, a.data() + offset, sizeof(Word));
    std::memcpy(&of_b, b.data() + offset, sizeof(Word));
    return of_a == of_b;
  };
  if (size > 16) return std::memcmp(a.data(), b.data(), size) == 0;
  if (size >= 8) return is_same_word(uint64_t{}, 0) && is_same_word(uint64_t{}, size - 8);
  if (size >= 4) return is_same_word(uint32_t{}, 0) && is_same_word(uint32_t{}, size - 4);
  for (size_t i = 0; i < size; ++i) {
    if (a[i] != b[i]) return false;
  }
  return true;
}

}  // namespace redstart
