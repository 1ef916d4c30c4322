#include "patterns/cache/entry.h"

#include <bit>
#include <cstring>

#include "base/random.h"

namespace redstart {
namespace {

constexpr std::string_view kMagic("rc\x01", 3);
constexpr size_t kHeadBytes = 58;

Random& random_source() {
  thread_local Random random(system_seed());
  return random;
}

template <class Integer>
void put(std::string& bytes, Integer value) {
  value = std::byteswap(value);
  bytes.append(reinterpret_cast<const char*>(&value), sizeof value);
}

template <class Integer>
Integer read(std::string_view bytes, size_t offset) {
  Integer value;
  std::memcpy(&value, bytes.data() + offset, sizeof value);
  return std::byteswap(value);
}

// Whether `count` tags stand at `offset`, and where they end.
std::optional<size_t> end_of_tags(std::string_view bytes, size_t offset, uint16_t count) {
  for (; count > 0; --count) {
    if (bytes.size() < offset + 2) return std::nullopt;
    offset += 2 + read<uint16_t>(bytes, offset) + kTagVersionBytes;
    if (bytes.size() < offset) return std::nullopt;
  }
  return offset;
}

}  // namespace

std::string encode_entry(const EntryHead& head, std::span<const EntryTag> tags, std::string_view value) {
  std::string bytes;
  bytes.reserve(kHeadBytes + value.size() + tags.size() * 32);
  bytes += kMagic;
  bytes += static_cast<char>(head.kind);
  bytes += text_of(head.token);
  put(bytes, head.version);
  put(bytes, static_cast<uint64_t>(head.lease_until_ms));
  put(bytes, static_cast<uint64_t>(head.created_ms));
  put(bytes, static_cast<uint64_t>(head.fresh_until_ms));
  put(bytes, static_cast<uint64_t>(head.keep_until_ms));
  put(bytes, head.load_time_ms);
  put(bytes, static_cast<uint16_t>(tags.size()));
  for (const EntryTag& tag : tags) {
    put(bytes, static_cast<uint16_t>(tag.name.size()));
    bytes += tag.name;
    bytes += tag.version;
  }
  bytes += value;
  return bytes;
}

std::optional<EntryView> parse_entry(std::string_view bytes) {
  if (bytes.size() < kHeadBytes || !bytes.starts_with(kMagic)) return std::nullopt;
  EntryView view;
  EntryHead& head = view.head;
  head.kind = static_cast<EntryKind>(bytes[3]);
  std::memcpy(head.token.data(), bytes.data() + 4, head.token.size());
  head.version = read<uint64_t>(bytes, 12);
  head.lease_until_ms = static_cast<int64_t>(read<uint64_t>(bytes, 20));
  head.created_ms = static_cast<int64_t>(read<uint64_t>(bytes, 28));
  head.fresh_until_ms = static_cast<int64_t>(read<uint64_t>(bytes, 36));
  head.keep_until_ms = static_cast<int64_t>(read<uint64_t>(bytes, 44));
  head.load_time_ms = read<uint32_t>(bytes, 52);
  view.tag_count = read<uint16_t>(bytes, 56);
  const auto end = end_of_tags(bytes, kHeadBytes, view.tag_count);
  if (!end) return std::nullopt;
  view.tags = bytes.substr(kHeadBytes, *end - kHeadBytes);
  view.value_offset = *end;
  return view;
}

EntryTag take_tag(EntryView& view) {
  const size_t name_bytes = read<uint16_t>(view.tags, 0);
  const EntryTag tag{view.tags.substr(2, name_bytes), view.tags.substr(2 + name_bytes, kTagVersionBytes)};
  view.tags.remove_prefix(2 + name_bytes + kTagVersionBytes);
  --view.tag_count;
  return tag;
}

EntryToken random_token() {
  const uint64_t number = random_source().next();
  return std::bit_cast<EntryToken>(number);
}

double random_part() { return static_cast<double>(random_source().next() >> 11) * 0x1p-53; }

}  // namespace redstart
