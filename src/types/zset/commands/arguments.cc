// Bounds are read as leniently as Redis reads them: a score bound by strtod, so that " 5" and ""
// pass, and up to the first NUL.
#include "types/zset/commands/arguments.h"

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <string>

namespace redstart {
namespace {

bool parse_score_bound(std::string_view text, ScoreBound& bound) {
  bound.exclusive = !text.empty() && text[0] == '(';
  const std::string number(text.substr(bound.exclusive ? 1 : 0));
  char* end;
  bound.value = std::strtod(number.c_str(), &end);
  return *end == '\0' && !std::isnan(bound.value);
}

bool parse_lex_bound(std::string_view text, LexBound& bound) {
  if (text.empty()) return false;
  const bool alone = text.size() == 1 || text[1] == '\0';
  switch (text[0]) {
    case '-':
      bound.kind = LexBound::Kind::lowest;
      return alone;
    case '+':
      bound.kind = LexBound::Kind::highest;
      return alone;
    case '[':
      bound = {LexBound::Kind::inclusive, text.substr(1)};
      return true;
    case '(':
      bound = {LexBound::Kind::exclusive, text.substr(1)};
      return true;
    default:
      return false;
  }
}

}  // namespace

bool parse_score_range(CommandContext& c, size_t min_index, size_t max_index, ScoreRange& range) {
  if (parse_score_bound(c.arg(min_index), range.min) &&
      parse_score_bound(c.arg(max_index), range.max)) {
    return true;
  }
  c.error("ERR min or max is not a float");
  return false;
}

bool parse_lex_range(CommandContext& c, size_t min_index, size_t max_index, LexRange& range) {
  if (parse_lex_bound(c.arg(min_index), range.min) &&
      parse_lex_bound(c.arg(max_index), range.max)) {
    return true;
  }
  c.error("ERR min or max not valid string range item");
  return false;
}

RankRange clamp_ranks(int64_t start, int64_t stop, size_t size) {
  const auto count = static_cast<int64_t>(size);
  if (start < 0) start = std::max<int64_t>(start + count, 0);
  if (stop < 0) stop += count;
  if (start > stop || start >= count) return {};
  return {static_cast<size_t>(start), static_cast<size_t>(std::min(stop, count - 1)) + 1};
}

}  // namespace redstart
