#include "types/stream/stream_id.h"

#include <cerrno>
#include <charconv>
#include <cstdlib>

#include "base/numbers.h"

namespace redstart {
namespace {

constexpr size_t kTextBytesMax = 127;  // Redis refuses longer ones unread

// As Redis reads it: a canonical integer, or else whatever strtoull takes to its end (a plus sign, leading
// zeros or spaces, a minus sign that wraps around).
std::optional<uint64_t> parse_part(const std::string& text) {
  if (const auto canonical = parse_int64(text)) {
    if (*canonical < 0) return std::nullopt;
    return static_cast<uint64_t>(*canonical);
  }
  if (text.empty()) return std::nullopt;
  errno = 0;
  char* end;
  const uint64_t value = std::strtoull(text.c_str(), &end, 10);
  if (errno != 0 || *end != '\0') return std::nullopt;
  return value;
}

}  // namespace

std::optional<StreamId> StreamId::next() const {
  if (seq != UINT64_MAX) return StreamId{ms, seq + 1};
  if (ms == UINT64_MAX) return std::nullopt;
  return StreamId{ms + 1, 0};
}

std::optional<StreamId> StreamId::previous() const {
  if (seq != 0) return StreamId{ms, seq - 1};
  if (ms == 0) return std::nullopt;
  return StreamId{ms - 1, UINT64_MAX};
}

size_t format_stream_id(const StreamId& id, char* text) {
  char* const end = text + kStreamIdTextBytes;
  char* at = std::to_chars(text, end, id.ms).ptr;
  *at++ = '-';
  return static_cast<size_t>(std::to_chars(at, end, id.seq).ptr - text);
}

std::string to_string(const StreamId& id) {
  char text[kStreamIdTextBytes];
  return {text, format_stream_id(id, text)};
}

std::optional<ParsedStreamId> parse_stream_id(std::string_view text, const StreamIdSyntax& syntax) {
  if (text.size() > kTextBytesMax) return std::nullopt;
  text = text.substr(0, text.find('\0'));
  if (text == "-" || text == "+") {
    if (!syntax.ends) return std::nullopt;
    return ParsedStreamId{text == "-" ? StreamId{} : kStreamIdMax};
  }
  const size_t dash = text.find('-');
  const auto ms = parse_part(std::string(text.substr(0, dash)));
  if (!ms) return std::nullopt;
  if (dash == std::string_view::npos) return ParsedStreamId{{*ms, syntax.missing_seq}};
  const std::string_view rest = text.substr(dash + 1);
  if (syntax.any_seq && rest == "*") return ParsedStreamId{{*ms, 0}, true};
  const auto seq = parse_part(std::string(rest));
  if (!seq) return std::nullopt;
  return ParsedStreamId{{*ms, *seq}};
}

}  // namespace redstart
