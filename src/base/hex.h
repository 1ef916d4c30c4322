// Bytes as hexadecimal digits.
//
// Threads: thread-safe.
#pragma once

#include <span>
#include <string>
#include <string_view>

namespace redstart {

// Two lower-case digits a byte.
inline std::string hex_text(std::span<const unsigned char> bytes) {
  constexpr char kDigits[] = "0123456789abcdef";
  std::string text;
  text.reserve(bytes.size() * 2);
  for (const unsigned char byte : bytes) {
    text += kDigits[byte >> 4];
    text += kDigits[byte & 15];
  }
  return text;
}
inline std::string hex_text(std::string_view bytes) {
  return hex_text(std::span(reinterpret_cast<const unsigned char*>(bytes.data()), bytes.size()));
}

}  // namespace redstart
