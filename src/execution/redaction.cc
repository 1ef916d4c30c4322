#include "execution/redaction.h"

#include "base/text.h"
#include "execution/directives.h"

namespace redstart {
namespace {

using Words = std::vector<std::string_view>;

bool is_sensitive_directive(std::string_view name) {
  for (const Directive& directive : kDirectives) {
    if (equal_ignoring_case(directive.name, name)) return directive.has(kSensitive);
  }
  return false;
}

void hide_from(Words& words, size_t first, size_t count) {
  for (size_t i = first; i < words.size() && i < first + count; ++i) words[i] = kRedacted;
}

// ... AUTH username password
void hide_after(Words& words, std::string_view keyword, size_t first, size_t secrets) {
  for (size_t i = first; i < words.size(); ++i) {
    if (equal_ignoring_case(words[i], keyword)) return hide_from(words, i + 1, secrets);
  }
}

void hide_config_values(Words& words) {
  for (size_t i = 2; i + 1 < words.size(); i += 2) {
    if (is_sensitive_directive(words[i])) words[i + 1] = kRedacted;
  }
}

}  // namespace

Words redacted(std::string_view full_name, std::span<const std::string_view> words) {
  Words result(words.begin(), words.end());
  if (full_name == "auth") {
    hide_from(result, 1, words.size());
  } else if (full_name == "hello") {
    hide_after(result, "auth", 2, 2);
  } else if (full_name == "config|set") {
    hide_config_values(result);
  } else if (full_name == "migrate") {
    hide_after(result, "auth", 6, 1);
    hide_after(result, "auth2", 6, 2);
  } else if (full_name == "acl|setuser") {
    hide_from(result, 2, words.size());
  }
  return result;
}

}  // namespace redstart
