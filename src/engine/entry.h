// Entry: one key of the keyspace with its value, in one allocation.
//
//   offset 0   access (24 bits: LRU clock or LFU counter, as in Redis) | type (4) | encoding (4)
//          4   flags (1 byte), key size (1 byte; 255: a 4-byte size follows), value size (2 bytes)
//          8   deadline, 6 bytes of Unix milliseconds (8 when it is beyond the year 10889), if it
//          has one
//              key size, 4 bytes, only when the size byte says 255
//              key
//              value: an integer of 1, 2, 4 or 8 bytes; an inline string; or an 8-byte pointer, to
//              SharedBytes (kExternal) or to a collection's data (see types/object.h)
//
// Invariants: 1. the size of the allocation follows from the header alone. 2. An integer is stored
// in the fewest bytes. 3. A string above kInlineBytesMax is external, and only such a string.
//
// Threads: shard-local. Ownership: the keyspace's tables own entries; views into an entry live
// until the shard's lock is released or the entry is edited.
#pragma once

#include <cstdint>
#include <cstring>
#include <optional>
#include <string_view>

#include "base/shared_bytes.h"
#include "types/object.h"

namespace redstart {

// Room for a 64-bit integer's text.
struct NumberBuffer {
  char text[24];
};

class Entry {
 public:
  static constexpr size_t kInlineBytesMax = 1024;
  static constexpr size_t kEmbeddedStringBytesMax = 44;  // Redis's limit of "embstr"

  // A copy of `key` with room for `value_bytes` of value, which the caller writes.
  struct Shape {
    Type type;
    Encoding encoding;
    uint16_t value_bytes;
    bool external = false;
    int64_t deadline_ms = kNoDeadline;
    uint32_t access = 0;
    bool timed_fields = false;
  };
  static Entry* create(std::string_view key, const Shape& shape);
  // A string: a canonical integer as such, or as the text it is.
  struct TextShape {
    int64_t deadline_ms = kNoDeadline;
    uint32_t access = 0;
  };
  static Entry* create_text(std::string_view key, std::string_view bytes, const TextShape& shape);
  static Entry* create_plain_text(std::string_view key, std::string_view bytes, const TextShape& shape);
  static Entry* create_integer(std::string_view key, int64_t value, const TextShape& shape);
  // A copy with its own value under another key; a large string is shared until either changes.
  static Entry* clone(const Entry& source, std::string_view key);
  // Frees the allocation alone, not what the value points to.
  static void free_shell(Entry* entry);
  // Frees the entry with its value.
  static void destroy(Entry* entry);

  Type type() const { return static_cast<Type>(type_encoding_ >> 4); }
  Encoding encoding() const { return static_cast<Encoding>(type_encoding_ & 15); }
  std::string_view key() const { return {key_data(), key_size()}; }

  bool has_deadline() const { return (flags_ & kDeadlineBytes) != 0; }
  int64_t deadline_ms() const;
  // Whether this deadline (or none, kNoDeadline) takes as much room as the present one.
  bool has_room_for_deadline(int64_t deadline_ms) const {
    return (flags_ & kDeadlineBytes) == deadline_bytes(deadline_ms);
  }
  // REQUIRES: has_deadline(), has_room_for_deadline().
  void set_deadline_ms(int64_t deadline_ms);
  // As in Redis, a key lives through the millisecond of its deadline.
  bool is_expired(int64_t now_ms) const { return has_deadline() && deadline_ms() < now_ms; }

  // The value is a hash of which fields have deadlines.
  bool has_timed_fields() const { return (flags_ & kTimedFields) != 0; }
  // The key or one of its fields has a deadline.
  bool has_timer() const { return (flags_ & (kDeadlineBytes | kTimedFields)) != 0; }
  // Neither key nor field is due before this time; see next_element_due_ms. REQUIRES: has_timer().
  int64_t next_timer_ms() const;

  uint32_t access() const {
    uint32_t word;
    std::memcpy(&word, this, sizeof word);  // little-endian: the type comes last
    return word & 0xffffff;
  }
  void set_access(uint32_t access) {
    access_[0] = static_cast<uint8_t>(access);
    access_[1] = static_cast<uint8_t>(access >> 8);
    access_[2] = static_cast<uint8_t>(access >> 16);
  }

  // See Shard::epoch.
  bool epoch() const { return (flags_ & kEpoch) != 0; }
  void set_epoch(bool epoch) {
    flags_ = static_cast<uint8_t>(epoch ? flags_ | kEpoch : flags_ & ~kEpoch);
  }

  bool is_string() const { return type() == Type::string; }
  bool is_external() const { return flags_ & kExternal; }
  std::optional<int64_t> integer() const;
  // The bytes of a string; an integer is written into `buffer`. REQUIRES: is_string().
  std::string_view text(NumberBuffer& buffer) const;
  size_t text_size() const;
  // REQUIRES: is_external().
  SharedBytes shared_text() const { return SharedBytes::borrow(pointer()); }

  // Puts a large string in, or takes it out: the store's account is charged with it meanwhile.
  void put_shared(SharedBytes bytes) {
    heap::charge(static_cast<int64_t>(bytes.memory_bytes()));
    set_pointer(bytes.release());
  }
  SharedBytes take_shared() {
    SharedBytes bytes = SharedBytes::adopt(pointer());
    heap::charge(-static_cast<int64_t>(bytes.memory_bytes()));
    return bytes;
  }

  // The collection, by value: `data` is owned by the entry.
  Object object() const { return {type(), encoding(), pointer()}; }
  // REQUIRES: a collection of the same type.
  void set_object(const Object& object) {
    type_encoding_ = pack(object.type, object.encoding);
    set_pointer(object.data);
    flags_ &= static_cast<uint8_t>(~kTimedFields);
    if (has_timed_elements(object)) flags_ |= kTimedFields;
  }

  void* pointer() const {
    void* result;
    std::memcpy(&result, value_data(), sizeof result);
    return result;
  }
  void set_pointer(void* pointer) { std::memcpy(value_data(), &pointer, sizeof pointer); }
  char* value_data() { return key_data() + key_size(); }
  const char* value_data() const { return key_data() + key_size(); }
  uint16_t value_bytes() const { return value_bytes_; }
  void set_encoding(Encoding encoding) { type_encoding_ = pack(type(), encoding); }
  // Changes the inline value's size in place. REQUIRES: the allocation stays in its size class.
  void set_value_bytes(uint16_t value_bytes) { value_bytes_ = value_bytes; }

  size_t allocation_bytes() const { return header_bytes() + key_size() + value_bytes_; }
  // The allocation and what it points to. `samples` elements of a collection are measured (0: all).
  size_t memory_bytes(size_t samples) const;

 private:
  static constexpr uint8_t kDeadlineBytes = 15;  // the size of the deadline: 0, 6 or 8
  static constexpr uint8_t kExternal = 16;
  static constexpr uint8_t kTimedFields = 32;
  static constexpr uint8_t kEpoch = 128;
  static constexpr uint8_t kWideKey = 255;

  static uint8_t pack(Type type, Encoding encoding) {
    return static_cast<uint8_t>(static_cast<uint8_t>(type) << 4 | static_cast<uint8_t>(encoding));
  }
  static uint8_t deadline_bytes(int64_t deadline_ms) {
    if (deadline_ms == kNoDeadline) return 0;
    return static_cast<uint64_t>(deadline_ms) >> 48 == 0 ? 6 : 8;
  }
  size_t header_bytes() const {
    return 8 + (flags_ & kDeadlineBytes) + (key_size_ == kWideKey ? 4 : 0);
  }
  const char* after_deadline() const {
    return reinterpret_cast<const char*>(this) + 8 + (flags_ & kDeadlineBytes);
  }
  size_t key_size() const {
    if (key_size_ != kWideKey) return key_size_;
    uint32_t size;
    std::memcpy(&size, after_deadline(), sizeof size);
    return size;
  }
  const char* key_data() const { return reinterpret_cast<const char*>(this) + header_bytes(); }
  char* key_data() { return reinterpret_cast<char*>(this) + header_bytes(); }

  uint8_t access_[3];
  uint8_t type_encoding_;
  uint8_t flags_;
  uint8_t key_size_;
  uint16_t value_bytes_;
};
static_assert(sizeof(Entry) == 8);

// The integer that `bytes` spells canonically, which a string value is then stored as.
std::optional<int64_t> canonical_integer(std::string_view bytes);
// The fewest bytes (1, 2, 4 or 8) that hold `value`.
uint16_t integer_bytes(int64_t value);

}  // namespace redstart
