// What a cache stores under a key: a head of fixed fields, the versions of the entry's tags, and the value's bytes.
//
//   offset  0  "rc", format 1, kind: 'v' value, 'p' value as compress_value() makes it,
//              'n' there is no such object, 'l' being loaded
//           4  token         8 bytes: changes whenever what the entry says may change
//          12  version       of the object, as writers know it; 0: unknown
//          20  lease_until   Unix ms: until then the holder of the token loads, and nobody else (fleet leases)
//          28  created       Unix ms
//          36  fresh_until   Unix ms
//          44  keep_until    Unix ms: when the store forgets it
//          52  load time     ms
//          56  tags          how many; each: 2 bytes of length, name, 8 bytes of version
//              value         to the end
//
// Numbers are big-endian. The scripts in entry_store.cc read the first 52 bytes.
//
// Threads: values.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace redstart {

using EntryToken = std::array<char, 8>;

enum class EntryKind : char { value = 'v', packed = 'p', nothing = 'n', loading = 'l' };

struct EntryHead {
  EntryKind kind = EntryKind::value;
  EntryToken token{};
  uint64_t version = 0;
  int64_t lease_until_ms = 0;
  int64_t created_ms = 0;
  int64_t fresh_until_ms = 0;
  int64_t keep_until_ms = 0;
  uint32_t load_time_ms = 0;
};

struct EntryTag {
  std::string_view name;
  std::string_view version;  // 8 bytes
};

// A view into an entry's bytes.
struct EntryView {
  EntryHead head;
  std::string_view tags;  // encoded
  uint16_t tag_count = 0;
  size_t value_offset = 0;
};

inline constexpr size_t kTagVersionBytes = 8;

std::string encode_entry(const EntryHead& head, std::span<const EntryTag> tags, std::string_view value);
// Nothing for bytes that are no entry.
std::optional<EntryView> parse_entry(std::string_view bytes);
// The next tag of a view's; takes it off. REQUIRES: there is one.
EntryTag take_tag(EntryView& view);
// Bytes that nobody else has: for tokens and versions of tags.
EntryToken random_token();
inline std::string_view text_of(const EntryToken& token) { return {token.data(), token.size()}; }
// A random number in [0, 1), for jitter and XFetch.
double random_part();

}  // namespace redstart
