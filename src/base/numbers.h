// Numbers as Redis reads and writes them.
//
// Threads: thread-safe.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace redstart {

// Room for the text of any number that the format_ functions write, long doubles excepted.
inline constexpr size_t kNumberTextBytes = 400;

// A decimal integer in its canonical form: no spaces, no plus sign, no leading zeros.
std::optional<int64_t> parse_int64(std::string_view text);
// A double over the whole text, as strtod reads it but without leading space; infinities included, NaN
// given as such.
std::optional<double> parse_double(std::string_view text);
std::optional<long double> parse_long_double(std::string_view text);

// Each writes its text (no terminator) and returns its length. `text` has kNumberTextBytes (integers: 24).
size_t format_int64(int64_t value, char* text);
// A score or RESP2 double: integers plainly, others with 17 significant digits; inf, -inf, nan.
size_t format_double(double value, char* text);
// INCRBYFLOAT's form: 17 decimals, trailing zeros dropped, no exponent.
std::string format_long_double(long double value);

}  // namespace redstart
