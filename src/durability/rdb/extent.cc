#include "durability/rdb/extent.h"

#include <cstdint>
#include <cstring>

namespace redstart::rdb {
namespace {

// Goes over what it is told to, until something does not fit.
class Steps {
 public:
  explicit Steps(std::string_view bytes) : begin_(bytes.data()), at_(begin_), end_(begin_ + bytes.size()) {}

  bool fits() const { return fits_; }
  size_t taken() const { return static_cast<size_t>(at_ - begin_); }

  void skip(uint64_t size) {
    if (size > static_cast<uint64_t>(end_ - at_)) return misfit();
    at_ += size;
  }
  uint64_t length() {
    const uint8_t head = byte();
    switch (head & 0xc0) {
      case kLength6Bits: return head & 63;
      case kLength14Bits: return static_cast<uint64_t>(head & 63) << 8 | byte();
      default: break;
    }
    if (head == kLength32Bits) return __builtin_bswap32(integer<uint32_t>());
    if (head == kLength64Bits) return __builtin_bswap64(integer<uint64_t>());
    misfit();
    return 0;
  }
  void string() {
    if (at_ == end_ || (static_cast<uint8_t>(*at_) & 0xc0) != kEncodedString) return skip(length());
    switch (byte() & 63) {
      case kInt8: return skip(1);
      case kInt16: return skip(2);
      case kInt32: return skip(4);
      case kLzf: {
        const uint64_t compressed_bytes = length();
        length();
        return skip(compressed_bytes);
      }
      default: return misfit();
    }
  }
  void strings(uint64_t count) {
    for (; count > 0 && fits_; --count) string();
  }
  // As many as the length says that stands before them.
  template <class Fn>
  void each(Fn&& fn) {
    for (uint64_t left = length(); left > 0 && fits_; --left) fn();
  }
  void text_number() {
    constexpr uint8_t kNan = 253;  // and the infinities
    const uint8_t size = byte();
    if (size < kNan) skip(size);
  }
  void misfit() {
    fits_ = false;
    at_ = end_;
  }

 private:
  uint8_t byte() { return integer<uint8_t>(); }
  template <class T>
  T integer() {
    T value{};
    if (static_cast<size_t>(end_ - at_) < sizeof value) return misfit(), value;
    std::memcpy(&value, at_, sizeof value);
    at_ += sizeof value;
    return value;
  }

  const char* const begin_;
  const char* at_;
  const char* const end_;
  bool fits_ = true;
};

constexpr size_t kIdBytes = 16, kTimeBytes = 8;

void step_over_id(Steps& steps) { steps.length(), steps.length(); }

void step_over_group(Steps& steps, ValueType type) {
  steps.string();
  step_over_id(steps);
  if (type != ValueType::stream) steps.length();  // entries read
  steps.each([&] {
    steps.skip(kIdBytes + kTimeBytes);
    steps.length();  // deliveries
  });
  steps.each([&] {
    steps.string();
    steps.skip(type == ValueType::stream_3 ? 2 * kTimeBytes : kTimeBytes);
    steps.each([&] { steps.skip(kIdBytes); });
  });
}

void step_over_stream(Steps& steps, ValueType type) {
  steps.each([&] { steps.strings(2); });
  steps.length();
  step_over_id(steps);
  if (type != ValueType::stream) {
    step_over_id(steps);
    step_over_id(steps);
    steps.length();  // entries added
  }
  steps.each([&] { step_over_group(steps, type); });
}

void step_over(Steps& steps, ValueType type) {
  switch (type) {
    case ValueType::string:
    case ValueType::set_intset:
    case ValueType::hash_zipmap:
    case ValueType::list_ziplist:
    case ValueType::zset_ziplist:
    case ValueType::hash_ziplist:
    case ValueType::hash_listpack:
    case ValueType::zset_listpack:
    case ValueType::set_listpack: return steps.string();
    case ValueType::list:
    case ValueType::set:
    case ValueType::list_quicklist: return steps.each([&] { steps.string(); });
    case ValueType::hash: return steps.each([&] { steps.strings(2); });
    case ValueType::list_quicklist_2: return steps.each([&] { steps.length(), steps.string(); });
    case ValueType::zset: return steps.each([&] { steps.string(), steps.skip(sizeof(double)); });
    case ValueType::zset_text_scores: return steps.each([&] { steps.string(), steps.text_number(); });
    case ValueType::hash_deadlines:
      steps.skip(kTimeBytes);
      return steps.each([&] { steps.length(), steps.strings(2); });
    case ValueType::hash_listpackex:
      steps.skip(kTimeBytes);
      return steps.string();
    case ValueType::stream:
    case ValueType::stream_2:
    case ValueType::stream_3: return step_over_stream(steps, type);
    case ValueType::module_1:
    case ValueType::module_2: break;
  }
  steps.misfit();
}

}  // namespace

std::optional<size_t> value_extent(ValueType type, std::string_view bytes) {
  Steps steps(bytes);
  step_over(steps, type);
  return steps.fits() ? std::optional(steps.taken()) : std::nullopt;
}

}  // namespace redstart::rdb
