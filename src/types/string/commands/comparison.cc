#include "types/string/commands/comparison.h"

#include <algorithm>
#include <cctype>

#include "base/hash.h"
#include "base/text.h"

namespace redstart {
namespace {

constexpr size_t kDigestDigits = 16;

bool is_digest(std::string_view text) {
  return text.size() == kDigestDigits &&
         std::ranges::all_of(text, [](char c) { return std::isxdigit(static_cast<unsigned char>(c)) != 0; });
}

}  // namespace

std::string value_digest(std::string_view bytes) {
  constexpr char kDigits[] = "0123456789abcdef";
  const uint64_t hash = XXH3_64bits(bytes.data(), bytes.size());
  std::string text(kDigestDigits, '0');
  for (size_t i = 0; i < kDigestDigits; ++i) text[i] = kDigits[hash >> (60 - 4 * i) & 15];
  return text;
}

Comparison::Kind comparison_at(const CommandContext& c, size_t index) {
  if (c.arg_is(index, "IFEQ")) return Comparison::Kind::equal;
  if (c.arg_is(index, "IFNE")) return Comparison::Kind::not_equal;
  if (c.arg_is(index, "IFDEQ")) return Comparison::Kind::digest_equal;
  if (c.arg_is(index, "IFDNE")) return Comparison::Kind::digest_not_equal;
  return Comparison::Kind::none;
}

bool check_comparison(CommandContext& c, const Comparison& comparison) {
  const bool by_digest = comparison.kind == Comparison::Kind::digest_equal ||
                         comparison.kind == Comparison::Kind::digest_not_equal;
  if (!by_digest || is_digest(c.arg(comparison.index))) return true;
  c.error("ERR digest must be exactly 16 hexadecimal characters");
  return false;
}

bool holds(const CommandContext& c, const Comparison& comparison, const Entry* entry) {
  using Kind = Comparison::Kind;
  const bool negated = comparison.kind == Kind::not_equal || comparison.kind == Kind::digest_not_equal;
  if (!entry) return negated;
  NumberBuffer buffer;
  const std::string_view text = entry->text(buffer);
  const std::string_view wanted = c.arg(comparison.index);
  const bool by_value = comparison.kind == Kind::equal || comparison.kind == Kind::not_equal;
  const bool equal = by_value ? text == wanted : equal_ignoring_case(value_digest(text), wanted);
  return equal != negated;
}

}  // namespace redstart
