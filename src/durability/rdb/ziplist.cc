#include "durability/rdb/ziplist.h"

#include <cstdint>
#include <cstring>
#include <optional>

#include "base/numbers.h"

namespace redstart::rdb {
namespace {

constexpr uint8_t kEnd = 0xff, kWide = 0xfe;
constexpr uint16_t kUnknownCount = 0xffff;  // of a ziplist: it has that many entries or more
constexpr uint8_t kUnknownPairs = 0xfe;      // of a zipmap, likewise

// Takes bytes off the front of a blob; after one that is not there, all are empty.
class Bytes {
 public:
  explicit Bytes(std::string_view bytes) : left_(bytes) {}
  bool failed() const { return failed_; }
  size_t size() const { return left_.size(); }
  uint8_t peek() const { return left_.empty() ? kEnd : static_cast<uint8_t>(left_[0]); }
  std::string_view take(uint64_t size) {
    if (size > left_.size()) failed_ = true;
    if (failed_) return {};
    const std::string_view bytes = left_.substr(0, size);
    left_.remove_prefix(size);
    return bytes;
  }
  uint8_t byte() {
    const std::string_view bytes = take(1);
    return bytes.empty() ? kEnd : static_cast<uint8_t>(bytes[0]);
  }
  uint16_t half_word() { return unsigned_integer<uint16_t>(); }
  uint32_t word() { return unsigned_integer<uint32_t>(); }
  int64_t signed_integer(size_t size) {
    uint64_t value = 0;
    const std::string_view bytes = take(size);
    bytes.copy(reinterpret_cast<char*>(&value), bytes.size());
    const int shift = 64 - static_cast<int>(size) * 8;
    return static_cast<int64_t>(value << shift) >> shift;
  }

 private:
  template <class T>
  T unsigned_integer() {
    T value = 0;
    const std::string_view bytes = take(sizeof value);
    bytes.copy(reinterpret_cast<char*>(&value), bytes.size());
    return value;
  }

  std::string_view left_;
  bool failed_ = false;
};

// The integer whose encoding byte this is; nothing: no such encoding.
std::optional<int64_t> read_integer(Bytes& bytes, uint8_t encoding) {
  switch (encoding) {
    case 0xc0: return bytes.signed_integer(2);
    case 0xd0: return bytes.signed_integer(4);
    case 0xe0: return bytes.signed_integer(8);
    case 0xf0: return bytes.signed_integer(3);
    case 0xfe: return bytes.signed_integer(1);
    default: break;
  }
  if (encoding >= 0xf1 && encoding <= 0xfd) return (encoding & 15) - 1;
  return std::nullopt;
}

// REQUIRES: the size of the entry before has been taken.
bool read_entry(Bytes& bytes, const VisitElement& fn) {
  const uint8_t encoding = bytes.byte();
  if (encoding >= 0xc0) {
    const auto integer = read_integer(bytes, encoding);
    if (!integer || bytes.failed()) return false;
    char text[24];
    fn({text, format_int64(*integer, text)});
    return true;
  }
  uint64_t size = encoding & 63;
  if (encoding >= 0x80) {
    size = __builtin_bswap32(bytes.word());
  } else if (encoding >= 0x40) {
    size = size << 8 | bytes.byte();
  }
  const std::string_view text = bytes.take(size);
  if (bytes.failed()) return false;
  fn(text);
  return true;
}

uint32_t previous_size(Bytes& bytes) {
  const uint8_t size = bytes.byte();
  return size == kWide ? bytes.word() : size;
}

uint64_t zipmap_size(Bytes& bytes) {
  const uint8_t size = bytes.byte();
  return size < kWide ? size : bytes.word();
}

}  // namespace

bool for_each_in_ziplist(std::string_view blob, const VisitElement& fn) {
  Bytes bytes(blob);
  const uint32_t total = bytes.word();
  const uint32_t tail = bytes.word();
  const uint16_t count = bytes.half_word();
  if (bytes.failed() || total != blob.size()) return false;
  size_t entries = 0, last = 0, last_bytes = 0;
  for (; bytes.peek() != kEnd; ++entries) {
    last = blob.size() - bytes.size();
    if (previous_size(bytes) != last_bytes || !read_entry(bytes, fn)) return false;
    last_bytes = blob.size() - bytes.size() - last;
  }
  if (bytes.size() != 1 || (entries > 0 && tail != last)) return false;
  return count == kUnknownCount || count == entries;
}

bool for_each_in_zipmap(std::string_view blob, const VisitElement& fn) {
  Bytes bytes(blob);
  const uint8_t count = bytes.byte();
  size_t pairs = 0;
  for (; bytes.peek() != kEnd; ++pairs) {
    const std::string_view field = bytes.take(zipmap_size(bytes));
    const uint64_t size = zipmap_size(bytes);
    const uint8_t unused = bytes.byte();
    const std::string_view value = bytes.take(size);
    bytes.take(unused);
    if (bytes.failed()) return false;
    fn(field);
    fn(value);
  }
  return bytes.size() == 1 && pairs > 0 && (count == kUnknownPairs || count == pairs);
}

}  // namespace redstart::rdb
