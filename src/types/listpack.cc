#include "types/listpack.h"

#include <algorithm>
#include <cstring>
#include <vector>

#include "base/hash.h"
#include "base/heap.h"
#include "base/numbers.h"

namespace redstart::listpack {
namespace {

constexpr size_t kHeaderBytes = 6;
constexpr uint8_t kEnd = 0xff;
constexpr uint16_t kCountUnknown = 0xffff;

constexpr uint8_t kInt16 = 0xf1, kInt24 = 0xf2, kInt32 = 0xf3, kInt64 = 0xf4, kString32 = 0xf0;

void set_bytes(Blob blob, size_t value) {
  const auto total = static_cast<uint32_t>(value);
  std::memcpy(blob, &total, 4);
}

uint16_t stored_count(const Blob blob) {
  uint16_t value;
  std::memcpy(&value, blob + 4, 2);
  return value;
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
  size_t bytes = 1;
  while (length >= size_t{1} << (7 * bytes)) ++bytes;
  return bytes;
}

// Seven bits a byte, the lowest last; all but the first byte carry a mark, so that reading backwards
// knows when to stop.
void write_back_length(uint8_t* place, size_t length) {
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

void write_entry(uint8_t* place, const Encoded& encoded) {
  std::memcpy(place, encoded.head, encoded.head_bytes);
  // An integer has no body, not even an address that memcpy may be given.
  encoded.body.copy(reinterpret_cast<char*>(place) + encoded.head_bytes, encoded.body.size());
  write_back_length(place + encoded.content(), encoded.content());
}

// Makes the part [position, position + old_bytes) new_bytes long; the tail moves.
void resize_gap(Blob& blob, size_t position, size_t old_bytes, size_t new_bytes) {
  const size_t total = bytes(blob);
  const size_t fresh_total = total - old_bytes + new_bytes;
  const size_t tail = total - position - old_bytes;
  if (heap::allocated_size(total) == heap::allocated_size(fresh_total)) {
    std::memmove(blob + position + new_bytes, blob + position + old_bytes, tail);
  } else {
    auto* fresh = static_cast<Blob>(heap::allocate(fresh_total));
    std::memcpy(fresh, blob, position);
    std::memcpy(fresh + position + new_bytes, blob + position + old_bytes, tail);
    heap::deallocate(blob, total);
    blob = fresh;
  }
  set_bytes(blob, fresh_total);
}

}  // namespace

std::string_view Value::text(char* buffer) const {
  return is_integer ? std::string_view(buffer, format_int64(integer, buffer)) : bytes;
}

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

Blob clone(const Blob blob) {
  auto* copy = static_cast<Blob>(heap::allocate(bytes(blob)));
  std::memcpy(copy, blob, bytes(blob));
  return copy;
}

size_t bytes(const Blob blob) {
  uint32_t total;
  std::memcpy(&total, blob, 4);
  return total;
}

size_t count(const Blob blob) {
  const uint16_t stored = stored_count(blob);
  if (stored != kCountUnknown) return stored;
  size_t elements = 0;
  for (size_t position = first(blob); position != kNone; position = next(blob, position)) ++elements;
  return elements;
}

size_t first(const Blob blob) { return blob[kHeaderBytes] == kEnd ? kNone : kHeaderBytes; }

size_t last(const Blob blob) { return previous(blob, bytes(blob) - 1); }

size_t next(const Blob blob, size_t position) {
  const size_t content = content_bytes(blob + position);
  position += content + back_length_bytes(content);
  return blob[position] == kEnd ? kNone : position;
}

size_t previous(const Blob blob, size_t position) {
  if (position == kHeaderBytes) return kNone;
  size_t length = 0, shift = 0, used = 0;
  while (true) {
    const uint8_t byte = blob[--position];
    length |= static_cast<size_t>(byte & 127) << shift;
    shift += 7;
    ++used;
    if (!(byte & 128)) break;
  }
  return position - length;
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

size_t insert(Blob& blob, size_t position, std::string_view text) {
  const Encoded encoded = encode(text);
  if (position == kNone) position = bytes(blob) - 1;
  const size_t elements = count(blob);
  resize_gap(blob, position, 0, encoded.total());
  write_entry(blob + position, encoded);
  set_count(blob, elements + 1);
  return position;
}

size_t replace(Blob& blob, size_t position, std::string_view text) {
  const Encoded encoded = encode(text);
  const size_t content = content_bytes(blob + position);
  resize_gap(blob, position, content + back_length_bytes(content), encoded.total());
  write_entry(blob + position, encoded);
  return position;
}

size_t erase(Blob& blob, size_t position, size_t elements) {
  const size_t before = count(blob);
  size_t end = position, erased = 0;
  while (erased < elements && blob[end] != kEnd) {
    const size_t content = content_bytes(blob + end);
    end += content + back_length_bytes(content);
    ++erased;
  }
  resize_gap(blob, position, end - position, 0);
  set_count(blob, before - erased);
  return blob[position] == kEnd ? kNone : position;
}

size_t content_bytes(std::string_view text) { return encode(text).content(); }

size_t write_content(uint8_t* place, std::string_view text) {
  const Encoded encoded = encode(text);
  std::memcpy(place, encoded.head, encoded.head_bytes);
  encoded.body.copy(reinterpret_cast<char*>(place) + encoded.head_bytes, encoded.body.size());
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
