// StreamId: what orders the entries of a stream: a millisecond and a sequence number within it.
//
// Threads: a value.
#pragma once

#include <compare>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace redstart {

struct StreamId {
  uint64_t ms = 0;
  uint64_t seq = 0;

  auto operator<=>(const StreamId&) const = default;
  bool is_zero() const { return ms == 0 && seq == 0; }
  // The ids beside this one; nothing at the ends.
  std::optional<StreamId> next() const;
  std::optional<StreamId> previous() const;
};
inline constexpr StreamId kStreamIdMax{UINT64_MAX, UINT64_MAX};

// Room for an id's text.
inline constexpr size_t kStreamIdTextBytes = 48;
// "ms-seq"; returns its length.
size_t format_stream_id(const StreamId& id, char* text);
std::string to_string(const StreamId& id);

// How an id may be written, beyond "ms" and "ms-seq".
struct StreamIdSyntax {
  uint64_t missing_seq = 0;  // what "ms" alone means
  bool ends = false;         // "-" and "+": the least and the greatest id
  bool any_seq = false;      // "ms-*"
};
struct ParsedStreamId {
  StreamId id;
  bool any_seq = false;  // it was "ms-*"
};
// Nothing when the text is no id.
std::optional<ParsedStreamId> parse_stream_id(std::string_view text, const StreamIdSyntax& syntax);

}  // namespace redstart
