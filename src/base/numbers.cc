#include "base/numbers.h"

#include <array>
#include <bit>
#include <charconv>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <cstring>

namespace redstart {
namespace {

constexpr size_t kTextMax = 5 * 1024;  // what Redis allows a long double

template <class T, T (*read)(const char*, char**)>
std::optional<T> parse_real(std::string_view text) {
  if (text.empty() || text.size() >= kTextMax || std::isspace(static_cast<unsigned char>(text[0]))) {
    return std::nullopt;
  }
  char copy[kTextMax];
  std::memcpy(copy, text.data(), text.size());
  copy[text.size()] = '\0';
  char* end;
  errno = 0;
  const T value = read(copy, &end);
  if (end != copy + text.size()) return std::nullopt;
  // Overflow and underflow are out of range; an infinity that was spelled out is not.
  if (errno == ERANGE && (std::isinf(value) || value == 0)) return std::nullopt;
  return value;
}

}  // namespace

std::optional<int64_t> parse_int64(std::string_view text) {
  if (text.empty() || text.size() > 20) return std::nullopt;
  const bool negative = text[0] == '-';
  const std::string_view digits = text.substr(negative ? 1 : 0);
  if (digits.empty() || digits[0] < '0' || digits[0] > '9') return std::nullopt;
  if (digits[0] == '0' && (digits.size() > 1 || negative)) return std::nullopt;
  int64_t value;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

std::optional<double> parse_double(std::string_view text) {
  // Most are whole numbers, of which a double holds those of up to 15 digits exactly.
  constexpr size_t kExactDigits = 15;
  if (text.size() <= kExactDigits) {
    if (const auto integer = parse_int64(text)) return static_cast<double>(*integer);
  }
  return parse_real<double, std::strtod>(text);
}

std::optional<long double> parse_long_double(std::string_view text) {
  return parse_real<long double, std::strtold>(text);
}

namespace {

// "00" to "99".
constexpr auto kDigitPairs = [] {
  std::array<char, 200> pairs{};
  for (size_t i = 0; i < 200; ++i) pairs[i] = static_cast<char>('0' + (i % 2 == 0 ? i / 20 : i / 2 % 10));
  return pairs;
}();

constexpr auto kPowersOfTen = [] {
  std::array<uint64_t, 20> powers{1};
  for (size_t i = 1; i < powers.size(); ++i) powers[i] = powers[i - 1] * 10;
  return powers;
}();

size_t digits_of(uint64_t value) {
  value |= 1;  // which has as many
  const auto below = static_cast<size_t>(std::bit_width(value) * 1233 >> 12);  // log10(2) is 1233 / 4096
  return below + (value >= kPowersOfTen[below]);
}

}  // namespace

size_t format_int64(int64_t value, char* text) {
  const bool is_negative = value < 0;
  uint64_t rest = is_negative ? 0 - static_cast<uint64_t>(value) : static_cast<uint64_t>(value);
  if (is_negative) *text++ = '-';
  const size_t digits = digits_of(rest);
  char* at = text + digits;
  for (; rest >= 100; rest /= 100) std::memcpy(at -= 2, &kDigitPairs[rest % 100 * 2], 2);
  if (rest >= 10) {
    std::memcpy(text, &kDigitPairs[rest * 2], 2);
  } else {
    *text = static_cast<char>('0' + rest);
  }
  return digits + is_negative;
}

size_t format_double(double value, char* text) {
  if (std::isnan(value)) return static_cast<size_t>(std::sprintf(text, "nan"));
  if (std::isinf(value)) return static_cast<size_t>(std::sprintf(text, value > 0 ? "inf" : "-inf"));
  // Whole numbers that a double holds exactly need no decimal point. -0 stays "-0".
  constexpr double kExact = 4503599627370496.0;  // 2^52
  if (value > -kExact && value < kExact && value == std::floor(value) &&
      !(value == 0 && std::signbit(value))) {
    return format_int64(static_cast<int64_t>(value), text);
  }
  return static_cast<size_t>(std::snprintf(text, kNumberTextBytes, "%.17g", value));
}

std::string format_long_double(long double value) {
  char text[5120];
  const int written = std::snprintf(text, sizeof text, "%.17Lf", value);
  std::string result(text, static_cast<size_t>(written));
  if (result.find('.') != std::string::npos) {
    result.erase(result.find_last_not_of('0') + 1);
    if (result.back() == '.') result.pop_back();
  }
  return result == "-0" ? "0" : result;
}

}  // namespace redstart
