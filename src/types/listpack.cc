#include "types/listpack.h"

#include <algorithm>
#include <cstring>
#include <vector>

#include "base/hash.h"
#include "base/heap.h"
#include "base/numbers.h"

namespace redstart::listpack {
namespace {

using detail::kCountUnknown;
using detail::kEnd;
using detail::kHeaderBytes;

constexpr uint8_t kInt16 = 0xf1, kInt24 = 0xf2, kInt32 = 0xf3, kInt64 = 0xf4, kString32 = 0xf0;

void set_bytes(Blob blob, size_t value) {
  const auto total = static_cast<uint32_t>(value);
  std::memcpy(blob, &total, 4);
}

void set_count(Blob blob, size_t value) {
  const auto stored = static_cast<uint16_t>(std::min<size_t>(value, kCountUnknown));
  std::memcpy(blob + 4, &stored, 2);
}

int64_t read_signed(const uint8_t* bytes, size_t size) {
  uint64_t value = 0;
  std::memcpy(&value, bytes, size);
  const int shift = 64 - static_cast<int>(size) * 8;
  return static_cast<int64_t>(value << shift) >> shift;
}

size_t back_length_bytes(size_t length) {
  if (length < 128) return 1;
  size_t bytes = 2;
  while (length >= size_t{1} << (7 * bytes)) ++bytes;
  return bytes;
}

// Seven bits a byte, the lowest last; all but the first byte carry a mark, so that reading backwards
// knows when to stop.
void write_back_length(uint8_t* place, size_t length) {
  if (length < 128) {
    *place = static_cast<uint8_t>(length);
    return;
  }
  const size_t bytes = back_length_bytes(length);
  for (size_t i = bytes; i-- > 0;) {
    place[i] = static_cast<uint8_t>((length & 127) | (i > 0 ? 128 : 0));
    length >>= 7;
  }
}

// Content bytes (encoding included) of the entry at `entry`.
size_t content_bytes(const uint8_t* entry) {
  const uint8_t head = entry[0];
  if (head < 0x80) return 1;
  if (head < 0xc0) return 1 + (head & 63);
  if (head < 0xe0) return 2;
  if (head < 0xf0) return 2 + ((head & 15u) << 8 | entry[1]);
  switch (head) {
    case kInt16: return 3;
    case kInt24: return 4;
    case kInt32: return 5;
    case kInt64: return 9;
    default: break;
  }
  uint32_t size;
  std::memcpy(&size, entry + 1, 4);
  return 5 + size;
}

Value value_of(const uint8_t* entry) {
  const uint8_t head = entry[0];
  if (head < 0x80) return {.is_integer = true, .integer = head, .bytes = {}};
  const auto integer = [](int64_t value) {
    return Value{.is_integer = true, .integer = value, .bytes = {}};
  };
  const auto string = [&](size_t offset, size_t size) {
    return Value{.is_integer = false,
                 .integer = 0,
                 .bytes = {reinterpret_cast<const char*>(entry + offset), size}};
  };
  if (head < 0xc0) return string(1, head & 63);
  if (head < 0xe0) {
    const int64_t value = (head & 31) << 8 | entry[1];
    return integer(value >= 4096 ? value - 8192 : value);
  }
  if (head < 0xf0) return string(2, (head & 15u) << 8 | entry[1]);
  switch (head) {
    case kInt16: return integer(read_signed(entry + 1, 2));
    case kInt24: return integer(read_signed(entry + 1, 3));
    case kInt32: return integer(read_signed(entry + 1, 4));
    case kInt64: return integer(read_signed(entry + 1, 8));
    default: return string(5, content_bytes(entry) - 5);
  }
}

struct Encoded {
  uint8_t head[9];
  size_t head_bytes;
  std::string_view body;
  size_t content() const { return head_bytes + body.size(); }
  size_t total() const { return content() + back_length_bytes(content()); }
};

void encode_integer(int64_t value, Encoded& encoded) {
  const auto put = [&](uint8_t head, size_t bytes) {
    encoded.head[0] = head;
    std::memcpy(encoded.head + 1, &value, bytes);
    encoded.head_bytes = 1 + bytes;
  };
  if (value >= 0 && value < 128) {
    encoded.head[0] = static_cast<uint8_t>(value);
    encoded.head_bytes = 1;
  } else if (value >= -4096 && value < 4096) {
    encoded.head[0] = static_cast<uint8_t>(0xc0 | ((value >> 8) & 31));
    encoded.head[1] = static_cast<uint8_t>(value);
    encoded.head_bytes = 2;
  } else if (value == static_cast<int16_t>(value)) {
    put(kInt16, 2);
  } else if (value >= -(1 << 23) && value < 1 << 23) {
    put(kInt24, 3);
  } else if (value == static_cast<int32_t>(value)) {
    put(kInt32, 4);
  } else {
    put(kInt64, 8);
  }
}

Encoded encode(std::string_view text) {
  Encoded encoded{.head = {}, .head_bytes = 0, .body = ""};  // not null, which memcpy may not be given
  if (text.size() <= 20) {
    if (const auto integer = parse_int64(text)) {
      encode_integer(*integer, encoded);
      return encoded;
    }
  }
  encoded.body = text;
  if (text.size() < 64) {
    encoded.head[0] = static_cast<uint8_t>(0x80 | text.size());
    encoded.head_bytes = 1;
  } else if (text.size() < 4096) {
    encoded.head[0] = static_cast<uint8_t>(0xe0 | text.size() >> 8);
    encoded.head[1] = static_cast<uint8_t>(text.size());
    encoded.head_bytes = 2;
  } else {
    encoded.head[0] = kString32;
    const auto size = static_cast<uint32_t>(text.size());
    std::memcpy(encoded.head + 1, &size, 4);
    encoded.head_bytes = 5;
  }
  return encoded;
}

void write_content(uint8_t* place, const Encoded& encoded) {
  place[0] = encoded.head[0];  // mostly all of it
  if (encoded.head_bytes > 1) std::memcpy(place + 1, encoded.head + 1, encoded.head_bytes - 1);
  std::memcpy(place + encoded.head_bytes, encoded.body.data(), encoded.body.size());
}

void write_entry(uint8_t* place, const Encoded& encoded) {
  write_content(place, encoded);
  write_back_length(place + encoded.content(), encoded.content());
}

// Moves the blob within its block to behind `room` bytes.
void shift(Floating& floating, size_t room) {
  uint8_t* const block = floating.blob - floating.room;
  std::memmove(block + room, floating.blob, bytes(floating.blob));
  floating.blob = block + room;
  floating.room = static_cast<uint32_t>(room);
}

// A part of a blob that is about to be longer or shorter.
struct Gap {
  size_t position, old_bytes, new_bytes;
  size_t tail_bytes;  // what is behind it
  bool moves_front;   // rather than the tail
};

// Moves the blob to a block of another class.
void reallocate(Floating& floating, const Gap& gap, size_t total, size_t fresh_total) {
  // What the class has to spare goes where the blob grows.
  const bool grows_at_front = gap.moves_front && gap.new_bytes > gap.old_bytes;
  const size_t room = grows_at_front ? heap::usable_size(fresh_total) - fresh_total : 0;
  auto* fresh = static_cast<Blob>(heap::allocate(fresh_total)) + room;
  std::memcpy(fresh, floating.blob, gap.position);
  const uint8_t* const tail = floating.blob + gap.position + gap.old_bytes;
  std::memcpy(fresh + gap.position + gap.new_bytes, tail, gap.tail_bytes);
  heap::deallocate(floating.blob - floating.room, total);
  floating.blob = fresh;
  floating.room = static_cast<uint32_t>(room);
}

void move_front(Floating& floating, const Gap& gap, size_t total) {
  if (floating.room + gap.old_bytes < gap.new_bytes) shift(floating, heap::usable_size(total) - total);
  Blob fresh = floating.blob + gap.old_bytes - gap.new_bytes;
  std::memmove(fresh, floating.blob, gap.position);
  floating.blob = fresh;
  floating.room = static_cast<uint32_t>(floating.room + gap.old_bytes - gap.new_bytes);
}

void move_tail(Floating& floating, const Gap& gap, size_t total, size_t fresh_total) {
  if (floating.room > 0 && floating.room + fresh_total > heap::usable_size(total)) shift(floating, 0);
  uint8_t* const part = floating.blob + gap.position;
  if (gap.tail_bytes == 1) [[likely]] {
    part[gap.new_bytes] = kEnd;
  } else {
    std::memmove(part + gap.new_bytes, part + gap.old_bytes, gap.tail_bytes);
  }
}

// Makes the part [position, position + old_bytes) new_bytes long. The tail moves, or what is before the part if that
// is less and the blob may float.
inline void resize_gap(Floating& floating, size_t position, size_t old_bytes, size_t new_bytes, bool may_float) {
  const size_t total = bytes(floating.blob);
  const size_t fresh_total = total - old_bytes + new_bytes;
  const size_t tail_bytes = total - position - old_bytes;
  const Gap gap{position, old_bytes, new_bytes, tail_bytes, may_float && position < tail_bytes};
  if (!heap::is_same_class(total, fresh_total)) [[unlikely]] {
    reallocate(floating, gap, total, fresh_total);
  } else if (gap.moves_front) {
    move_front(floating, gap, total);
  } else {
    move_tail(floating, gap, total, fresh_total);
  }
  set_bytes(floating.blob, fresh_total);
}

size_t insert(Floating& floating, size_t position, std::string_view text, bool may_float) {
  const Encoded encoded = encode(text);
  if (position == kNone) position = bytes(floating.blob) - 1;
  resize_gap(floating, position, 0, encoded.total(), may_float);
  write_entry(floating.blob + position, encoded);
  set_count(floating.blob, ++floating.count);
  return position;
}

// Most of what queues take at their heads: a short text that cannot be an integer, when the block has room for it in
// front. False: it is something else, and nothing was done.
bool push_front_shortly(Floating& floating, std::string_view text) {
  constexpr size_t kTextBytesMax = 63;  // told by the first byte, and the length behind it by one more
  if (text.empty() || text.size() > kTextBytesMax) return false;
  if (text[0] == '-' || (text[0] >= '0' && text[0] <= '9')) return false;
  const size_t more = text.size() + 2;
  const size_t total = bytes(floating.blob);
  if (floating.room < more || !heap::is_same_class(total, total + more)) return false;
  floating.blob -= more;
  floating.room -= static_cast<uint32_t>(more);
  set_bytes(floating.blob, total + more);
  set_count(floating.blob, ++floating.count);
  uint8_t* const entry = floating.blob + kHeaderBytes;
  entry[0] = static_cast<uint8_t>(0x80 | text.size());
  std::memcpy(entry + 1, text.data(), text.size());
  entry[1 + text.size()] = static_cast<uint8_t>(1 + text.size());
  return true;
}

size_t replace(Floating& floating, size_t position, std::string_view text, bool may_float) {
  const Encoded encoded = encode(text);
  const size_t content = content_bytes(floating.blob + position);
  resize_gap(floating, position, content + back_length_bytes(content), encoded.total(), may_float);
  write_entry(floating.blob + position, encoded);
  return position;
}

size_t erase(Floating& floating, size_t position, size_t elements, bool may_float) {
  size_t end = position;
  uint32_t erased = 0;
  while (erased < elements && floating.blob[end] != kEnd) {
    const size_t content = content_bytes(floating.blob + end);
    end += content + back_length_bytes(content);
    ++erased;
  }
  resize_gap(floating, position, end - position, 0, may_float);
  floating.count -= erased;
  set_count(floating.blob, floating.count);
  return floating.blob[position] == kEnd ? kNone : position;
}

}  // namespace

size_t Value::text_size() const {
  char buffer[24];
  return text(buffer).size();
}

Blob create() {
  auto* blob = static_cast<Blob>(heap::allocate(kHeaderBytes + 1));
  set_bytes(blob, kHeaderBytes + 1);
  set_count(blob, 0);
  blob[kHeaderBytes] = kEnd;
  return blob;
}

void free(Blob blob) { heap::deallocate(blob, bytes(blob)); }
void free(Floating floating) { heap::deallocate(floating.blob - floating.room, bytes(floating.blob)); }

Blob clone(const Blob blob) {
  auto* copy = static_cast<Blob>(heap::allocate(bytes(blob)));
  std::memcpy(copy, blob, bytes(blob));
  return copy;
}

size_t detail::counted(const Blob blob) {
  size_t elements = 0;
  for (size_t position = first(blob); position != kNone; position = next(blob, position)) ++elements;
  return elements;
}

size_t next(const Blob blob, size_t position) {
  const size_t content = content_bytes(blob + position);
  position += content + back_length_bytes(content);
  return blob[position] == kEnd ? kNone : position;
}

size_t seek(const Blob blob, int64_t index) {
  const auto elements = static_cast<int64_t>(count(blob));
  if (index < 0) index += elements;
  if (index < 0 || index >= elements) return kNone;
  if (index < elements / 2) {
    size_t position = first(blob);
    while (index-- > 0) position = next(blob, position);
    return position;
  }
  size_t position = last(blob);
  while (++index < elements) position = previous(blob, position);
  return position;
}

Value get(const Blob blob, size_t position) { return value_of(blob + position); }

bool equals(const Blob blob, size_t position, std::string_view text) {
  const Value value = get(blob, position);
  if (!value.is_integer) return value.bytes == text;
  char buffer[24];
  return value.text(buffer) == text;
}

size_t find(const Blob blob, size_t position, std::string_view text, size_t stride) {
  // Encoded once, an element is the same exactly when its bytes are.
  const Encoded wanted = encode(text);
  size_t until_next = 0;
  for (; position != kNone; position = next(blob, position)) {
    if (until_next > 0) {
      --until_next;
      continue;
    }
    until_next = stride - 1;
    const uint8_t* entry = blob + position;
    if (entry[0] == wanted.head[0] && content_bytes(entry) == wanted.content() &&
        std::memcmp(entry, wanted.head, wanted.head_bytes) == 0 &&
        std::memcmp(entry + wanted.head_bytes, wanted.body.data(), wanted.body.size()) == 0) {
      return position;
    }
  }
  return kNone;
}

size_t insert(Floating& floating, size_t position, std::string_view text) {
  if (position == kHeaderBytes && push_front_shortly(floating, text)) return position;
  return insert(floating, position, text, true);
}

size_t replace(Floating& floating, size_t position, std::string_view text) {
  return replace(floating, position, text, true);
}

size_t erase(Floating& floating, size_t position, size_t elements) {
  return erase(floating, position, elements, true);
}

size_t insert(Blob& blob, size_t position, std::string_view text) {
  Floating fixed(blob);
  position = insert(fixed, position, text, false);
  blob = fixed.blob;
  return position;
}

size_t replace(Blob& blob, size_t position, std::string_view text) {
  Floating fixed(blob);
  position = replace(fixed, position, text, false);
  blob = fixed.blob;
  return position;
}

size_t erase(Blob& blob, size_t position, size_t elements) {
  Floating fixed(blob);
  position = erase(fixed, position, elements, false);
  blob = fixed.blob;
  return position;
}

size_t content_bytes(std::string_view text) { return encode(text).content(); }

size_t write_content(uint8_t* place, std::string_view text) {
  const Encoded encoded = encode(text);
  write_content(place, encoded);
  return encoded.content();
}

size_t read_content(const uint8_t* place, Value& value) {
  value = value_of(place);
  return content_bytes(place);
}

size_t check_content(const uint8_t* place, const uint8_t* end) {
  if (place >= end || *place > kInt64) return 0;
  const auto available = static_cast<size_t>(end - place);
  const size_t head_bytes = *place == kString32 ? 5 : *place >= 0xe0 && *place < 0xf0 ? 2 : 1;
  if (head_bytes > available) return 0;
  const size_t content = content_bytes(place);
  return content <= available ? content : 0;
}

size_t entry_bytes(std::string_view text) { return encode(text).total(); }

size_t entry_bytes_of_content(size_t content_bytes) { return content_bytes + back_length_bytes(content_bytes); }

size_t entry_bytes_of_integer(int64_t value) {
  Encoded encoded;
  encode_integer(value, encoded);
  return encoded.total();
}

size_t allocated_bytes(const Blob blob) { return heap::allocated_size(bytes(blob)); }

bool validate(const uint8_t* blob, size_t size) {
  if (size < kHeaderBytes + 1) return false;
  uint32_t total;
  std::memcpy(&total, blob, 4);
  if (total != size || blob[size - 1] != kEnd) return false;
  size_t position = kHeaderBytes, elements = 0;
  while (position < size - 1) {
    const uint8_t head = blob[position];
    if (head > kInt64) return false;
    const size_t head_bytes = head < 0xc0 ? 1 : head < 0xf0 ? 2 : head == kString32 ? 5 : 1;
    if (position + head_bytes > size - 1) return false;
    const size_t content = content_bytes(blob + position);
    const size_t back = back_length_bytes(content);
    if (content > size || position + content + back > size - 1) return false;
    uint8_t expected[5];
    write_back_length(expected, content);
    if (std::memcmp(expected, blob + position + content, back) != 0) return false;
    position += content + back;
    ++elements;
  }
  uint16_t stored;
  std::memcpy(&stored, blob + 4, 2);
  return position == size - 1 && (stored == kCountUnknown || stored == elements);
}

bool has_repeated(const Blob blob, size_t stride) {
  std::vector<uint64_t> hashes;
  char buffer[24];
  size_t until_next = 0;
  for (size_t at = first(blob); at != kNone; at = next(blob, at)) {
    if (until_next > 0) {
      --until_next;
      continue;
    }
    until_next = stride - 1;
    hashes.push_back(hash_bytes(get(blob, at).text(buffer)));
  }
  // That different elements have the same 64 bits is not to be expected.
  std::sort(hashes.begin(), hashes.end());
  return std::adjacent_find(hashes.begin(), hashes.end()) != hashes.end();
}

Blob restore(std::string_view outside) {
  const auto* blob = reinterpret_cast<const uint8_t*>(outside.data());
  if (!validate(blob, outside.size())) return nullptr;
  auto* copy = static_cast<Blob>(heap::allocate(outside.size()));
  std::memcpy(copy, blob, outside.size());
  return copy;
}

}  // namespace redstart::listpack
