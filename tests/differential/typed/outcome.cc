#include "tests/differential/typed/outcome.h"

#include <cstdio>

#include "tests/differential/wire.h"

namespace redstart::oracle {
namespace {

std::string formatted(const char* format, double value) {
  char text[400];
  std::snprintf(text, sizeof text, format, value);
  return text;
}

Outcome wrong(const std::string& what) { return result<std::string>(std::string(kWrong) + ": " + what); }

}  // namespace

std::string Text::of(double value) { return formatted("%.17g", value); }
std::string Text::of(const std::string& value) { return quote_word(value); }
// Redis tells positions with 17 decimal places, an embedded store as they are.
std::string Text::of(const GeoPosition& value) {
  return formatted("(%.17f", value.longitude) + formatted(" %.17f)", value.latitude);
}

Outcome sampled(const result<std::vector<std::string>>& members, const result<std::vector<std::string>>& drawn,
                int64_t count) {
  if (!drawn) return drawn;
  if (!members) return wrong("something was drawn of what is not there");
  const std::set<std::string> present(members->begin(), members->end());
  const std::set<std::string> distinct(drawn->begin(), drawn->end());
  if (!std::ranges::includes(present, distinct)) return wrong("drawn from elsewhere: " + Text::of(*drawn));
  if (count >= 0 && distinct.size() != drawn->size()) return wrong("drawn twice: " + Text::of(*drawn));
  return result<int64_t>(static_cast<int64_t>(drawn->size()));
}

result<std::vector<std::string>> elements_of(const result<std::optional<std::string>>& drawn) {
  if (!drawn) return std::unexpected(drawn.error());
  std::vector<std::string> elements;
  if (*drawn) elements.push_back(**drawn);
  return elements;
}

}  // namespace redstart::oracle
