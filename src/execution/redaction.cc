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
void hide_after_auth(Words& words, size_t first, size_t secrets) {
  for (size_t i = first; i < words.size(); ++i) {
    if (equal_ignoring_case(words[i], "auth")) return hide_from(words, i + 1, secrets);
  }
}

void hide_config_values(Words& words) {
  if (words.size() < 2 || !equal_ignoring_case(words[1], "set")) return;
  for (size_t i = 2; i + 1 < words.size(); i += 2) {
    if (is_sensitive_directive(words[i])) words[i + 1] = kRedacted;
  }
}

}  // namespace

Words redacted(std::span<const std::string_view> words) {
  Words result(words.begin(), words.end());
  if (words.empty()) return result;
  const std::string_view name = words[0];
  if (equal_ignoring_case(name, "auth")) {
    hide_from(result, 1, words.size());
  } else if (equal_ignoring_case(name, "hello")) {
    hide_after_auth(result, 2, 2);
  } else if (equal_ignoring_case(name, "config")) {
    hide_config_values(result);
  } else if (equal_ignoring_case(name, "migrate")) {
    hide_after_auth(result, 6, 1);
  } else if (equal_ignoring_case(name, "acl")) {
    if (words.size() > 1 && equal_ignoring_case(words[1], "setuser")) {
      hide_from(result, 2, words.size());
    }
  }
  return result;
}

}  // namespace redstart
