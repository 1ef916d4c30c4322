// Value pools: the words that random arguments are picked from. They lean on the edges: empty, binary, numbers around
// 2^53 and 2^63, NaN, infinities, and what only looks like a number.
#pragma once

#include <array>
#include <string_view>

namespace redstart::oracle {

using namespace std::string_view_literals;

inline constexpr std::array kIntegers = {
    "0"sv, "1"sv, "2"sv, "3"sv, "5"sv, "10"sv, "-1"sv, "-2"sv, "-3"sv, "-10"sv, "100"sv, "9999"sv, "10000"sv,
    "-100"sv, "127"sv, "128"sv, "-129"sv, "32768"sv, "2147483647"sv, "-2147483648"sv, "4294967296"sv,
    "9007199254740992"sv, "9007199254740993"sv, "9223372036854775807"sv, "-9223372036854775808"sv,
    "-9223372036854775807"sv};
inline constexpr std::array kNotIntegers = {
    "9223372036854775808"sv, "-9223372036854775809"sv, "18446744073709551616"sv, "1.5"sv, "abc"sv, ""sv, " 1"sv,
    "1 "sv, "+1"sv, "01"sv, "-0"sv, "0x10"sv, "1e3"sv, "--1"sv, "\0"sv, "nan"sv};
inline constexpr std::array kNumbers = {
    "0"sv, "1"sv, "-1"sv, "1.5"sv, "2"sv, "3"sv, "10"sv, "0.1"sv, "-0.1"sv, "3.14159265358979"sv, "1e10"sv, "-0"sv,
    "inf"sv, "-inf"sv, "+inf"sv, "1e308"sv, "-1e308"sv, "1e-300"sv, "1e17"sv, "123456789012345678"sv,
    "9007199254740993"sv, "3.0e5"sv, "5e-324"sv, "1.7976931348623157e308"sv, "100"sv, "0x10"sv, ".5"sv,
    "17179869184"sv, "0.30000000000000004"sv, "9223372036854775807"sv, "Infinity"sv};
inline constexpr std::array kNotNumbers = {
    "nan"sv, "-nan"sv, "abc"sv, ""sv, "1e400"sv, " 1"sv, "1 "sv, "1.2.3"sv, "--1"sv, "\0"sv, "1e"sv, "one"sv};
inline constexpr std::array kWords = {
    "a"sv, "b"sv, "c"sv, "foo"sv, "bar"sv, "hello world"sv, ""sv, "ABC"sv, "\x00\x01\xff"sv, "\r\n"sv, "a\0b"sv,
    "\xc3\xa9"sv, "x:1"sv, "m3 m4"sv, "ohmytext"sv, "mynewtext"sv, "0"sv, "1"sv, "12"sv, "-5"sv, "3.0"sv, "1e5"sv,
    "123456789"sv, "99999999999999999999"sv, "  7"sv};
inline constexpr std::array kPatterns = {
    "*"sv, "s*"sv, "?1"sv, "[a-l]*"sv, "[^s]*"sv, "*[0-3]"sv, "m*"sv, "m1?"sv, "\\*"sv, "nothing"sv, ""sv, "h*->f1"sv,
    "s*->x"sv, "#"sv, "s[0-9"sv, "*\\"sv, "[]"sv, "**1"sv, "z[z-a]"sv};
inline constexpr std::array kSortPatterns = {
    "s*"sv, "h*->f1"sv, "h*->f2"sv, "#"sv, "nosort"sv, "h*"sv, "*"sv, "h*->"sv, "l*"sv, ""sv, "none_*"sv, "h1->f*"sv};
inline constexpr std::array kLexBounds = {
    "-"sv, "+"sv, "[m"sv, "(m"sv, "[m3"sv, "(m3"sv, "[m20"sv, "(m25"sv, "[a"sv, "[z"sv, "("sv, "["sv, "[\xff"sv,
    "(1"sv, "m3"sv, ""sv};
inline constexpr std::array kScoreBounds = {
    "-inf"sv, "+inf"sv, "inf"sv, "0"sv, "(0"sv, "1"sv, "(1"sv, "5"sv, "(5"sv, "10"sv, "(10"sv, "-1"sv, "(-inf"sv,
    "(inf"sv, "1.5"sv, "100"sv, "nan"sv, "abc"sv, "("sv, "((1"sv};
inline constexpr std::array kBitOperations = {"AND"sv, "OR"sv, "XOR"sv, "NOT"sv, "and"sv, "nor"sv};
inline constexpr std::array kFieldEncodings = {
    "u0"sv, "i0"sv, "i65"sv, "i065"sv, "U8"sv, "8"sv, "u"sv, ""sv, "u-1"sv};
inline constexpr std::array kSketchViews = {"GETREG"sv, "DECODE"sv, "decode"sv, "ENCODING"sv, "TODENSE"sv};
inline constexpr std::array kDegrees = {
    "180"sv, "-180"sv, "179.9999999"sv, "85.05112878"sv, "-85.05112878"sv, "0"sv, "85"sv, "66.5"sv, "1e308"sv,
    "85.0511288"sv};
inline constexpr std::array kTokens = {
    "NX"sv, "XX"sv, "GT"sv, "LT"sv, "CH"sv, "EX"sv, "KEEPTTL"sv, "GET"sv, "COUNT"sv, "MATCH"sv, "LIMIT"sv,
    "WITHSCORES"sv, "BY"sv, "STORE"sv, "REV"sv, "WITHVALUES"sv, "LEFT"sv, "garbage"sv};

}  // namespace redstart::oracle
