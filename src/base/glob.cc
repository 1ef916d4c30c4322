#include "base/glob.h"

#include <cctype>
#include <utility>

namespace redstart {
namespace {

char folded(char c, bool ignore_case) {
  return ignore_case ? static_cast<char>(std::tolower(static_cast<unsigned char>(c))) : c;
}

// Matches one character against the class that begins after '['; moves `pattern` behind the class.
bool matches_class(std::string_view& pattern, char c, bool ignore_case) {
  const bool negated = !pattern.empty() && pattern[0] == '^';
  if (negated) pattern.remove_prefix(1);
  bool matched = false;
  const char wanted = folded(c, ignore_case);
  while (!pattern.empty() && pattern[0] != ']') {
    if (pattern[0] == '\\' && pattern.size() >= 2) {
      pattern.remove_prefix(1);
      matched |= pattern[0] == c;
      pattern.remove_prefix(1);
    } else if (pattern.size() >= 3 && pattern[1] == '-') {
      char low = folded(pattern[0], ignore_case), high = folded(pattern[2], ignore_case);
      if (low > high) std::swap(low, high);
      matched |= wanted >= low && wanted <= high;
      pattern.remove_prefix(3);
    } else {
      matched |= folded(pattern[0], ignore_case) == wanted;
      pattern.remove_prefix(1);
    }
  }
  if (!pattern.empty()) pattern.remove_prefix(1);  // the closing bracket; a class may lack it
  return matched != negated;
}

// Matches the first element of `pattern`, which is not a star, against `c`.
bool matches_one(std::string_view& pattern, char c, bool ignore_case) {
  const char first = pattern[0];
  pattern.remove_prefix(1);
  if (first == '?') return true;
  if (first == '[') return matches_class(pattern, c, ignore_case);
  char literal = first;
  if (first == '\\' && !pattern.empty()) {
    literal = pattern[0];
    pattern.remove_prefix(1);
  }
  return folded(literal, ignore_case) == folded(c, ignore_case);
}

}  // namespace

bool glob_match(std::string_view pattern, std::string_view text, bool ignore_case) {
  // Nothing is matched by nothing alone: not even by a star, in Redis.
  if (text.empty()) return pattern.empty();
  // Where to go on when a match fails: behind the last star, one character later than last time. An
  // earlier star never needs to be tried again.
  std::string_view retry_pattern, retry_text;
  bool can_retry = false;
  while (true) {
    if (!pattern.empty() && pattern[0] == '*') {
      pattern.remove_prefix(1);
      if (pattern.empty()) return true;
      retry_pattern = pattern;
      retry_text = text;
      can_retry = true;
      continue;
    }
    if (text.empty() && pattern.empty()) return true;
    if (!text.empty() && !pattern.empty() && matches_one(pattern, text[0], ignore_case)) {
      text.remove_prefix(1);
      continue;
    }
    if (!can_retry || retry_text.empty()) return false;
    retry_text.remove_prefix(1);
    text = retry_text;
    pattern = retry_pattern;
  }
}

}  // namespace redstart
