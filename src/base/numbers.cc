#include "base/numbers.h"

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
  return parse_real<double, std::strtod>(text);
}

std::optional<long double> parse_long_double(std::string_view text) {
  return parse_real<long double, std::strtold>(text);
}

size_t format_int64(int64_t value, char* text) {
  return static_cast<size_t>(std::to_chars(text, text + 24, value).ptr - text);
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
