// Listpack: strings and integers packed one behind the other, walkable in both directions (the format is
// Redis's, Sanfilippo 2017):
//
//   total bytes (4) | count (2) | entry ... | 0xff
//   entry: encoding and content | back length (1 to 5 bytes, read backwards)
//
// Integers in canonical form are stored as such. The blob is reallocated only when it leaves its size
// class. An element is addressed by its position in bytes, which the next change invalidates.
//
// Threads: shard-local. Ownership: not owning: `blob` belongs to the caller, who passes it by reference to
// what may move it.
#pragma once

#include <cstdint>
#include <cstring>
#include <optional>
#include <string_view>

#include "base/numbers.h"
#include "base/random.h"

namespace redstart::listpack {

using Blob = uint8_t*;
inline constexpr size_t kNone = 0;  // no element: positions begin behind the header

// A blob that may begin anywhere in its block, so that what is inserted or erased near its head moves what is before
// it, and near its tail what is behind it. Invariant: the block is of the size class of the blob's bytes, as it is of
// a blob that begins with its block.
struct Floating {
  Blob blob;
  uint32_t room;   // bytes of the block before the blob
  uint32_t count;  // of elements

  explicit Floating(Blob fixed);  // which begins with its block
  operator Blob() const { return blob; }
};

// An element: an integer, or else a view into the blob.
struct Value {
  bool is_integer = false;
  int64_t integer = 0;
  std::string_view bytes;
  // The element's text; an integer's is written to `buffer` (24 bytes).
  std::string_view text(char* buffer) const {
    return is_integer ? std::string_view(buffer, format_int64(integer, buffer)) : bytes;
  }
  size_t text_size() const;
};

Blob create();
void free(Blob blob);
Blob clone(const Blob blob);

namespace detail {

inline constexpr size_t kHeaderBytes = 6;
inline constexpr uint8_t kEnd = 0xff;
inline constexpr uint16_t kCountUnknown = 0xffff;

size_t counted(const Blob blob);

}  // namespace detail

inline size_t bytes(const Blob blob) {
  uint32_t total;
  std::memcpy(&total, blob, 4);
  return total;
}

inline size_t count(const Blob blob) {
  uint16_t stored;
  std::memcpy(&stored, blob + 4, 2);
  return stored != detail::kCountUnknown ? stored : detail::counted(blob);
}

inline Floating::Floating(Blob fixed)
    : blob(fixed), room(0), count(static_cast<uint32_t>(listpack::count(fixed))) {}

inline size_t first(const Blob blob) {
  return blob[detail::kHeaderBytes] == detail::kEnd ? kNone : detail::kHeaderBytes;
}

size_t next(const Blob blob, size_t position);

inline size_t previous(const Blob blob, size_t position) {
  if (position == detail::kHeaderBytes) return kNone;
  // The element's length, its lowest seven bits last; a mark says that there are more.
  uint8_t byte = blob[--position];
  size_t length = byte & 127;
  for (int bits = 7; byte & 128; bits += 7) {
    byte = blob[--position];
    length |= static_cast<size_t>(byte & 127) << bits;
  }
  return position - length;
}

inline size_t last(const Blob blob) { return previous(blob, bytes(blob) - 1); }
// The element with this index (negative: from the end), or kNone.
size_t seek(const Blob blob, int64_t index);

Value get(const Blob blob, size_t position);
bool equals(const Blob blob, size_t position, std::string_view text);
// The first element with this text, looking at every `stride`th from `position` on.
size_t find(const Blob blob, size_t position, std::string_view text, size_t stride = 1);

// Inserts before `position` (kNone: at the end); returns where the new element stands.
size_t insert(Blob& blob, size_t position, std::string_view text);
inline size_t append(Blob& blob, std::string_view text) { return insert(blob, kNone, text); }
size_t replace(Blob& blob, size_t position, std::string_view text);
// Removes `elements` elements from `position` on; returns what then stands there, or kNone.
size_t erase(Blob& blob, size_t position, size_t elements = 1);
// The same for a blob that floats.
void free(Floating floating);
size_t insert(Floating& floating, size_t position, std::string_view text);
size_t replace(Floating& floating, size_t position, std::string_view text);
size_t erase(Floating& floating, size_t position, size_t elements = 1);

// An element's content without its length behind it, for other packed formats: what it takes (at most
// kContentExtraBytes more than the text), writing it to `place`, reading what stands at `place`. Each returns the
// content's bytes.
inline constexpr size_t kContentExtraBytes = 8;
size_t content_bytes(std::string_view text);
size_t write_content(uint8_t* place, std::string_view text);
size_t read_content(const uint8_t* place, Value& value);
// The bytes of a content that begins at `place` and ends before `end`; 0: it does not.
size_t check_content(const uint8_t* place, const uint8_t* end);

// What an element with this text takes; one with a content of so many bytes; one that is this integer.
size_t entry_bytes(std::string_view text);
size_t entry_bytes_of_content(size_t content_bytes);
size_t entry_bytes_of_integer(int64_t value);
size_t allocated_bytes(const Blob blob);
// Whether the blob of `size` bytes is well-formed throughout: for bytes from outside, and tests.
bool validate(const uint8_t* blob, size_t size);
// Whether two elements are equal among every `stride`th. Cost: O(n log n).
bool has_repeated(const Blob blob, size_t stride);
// A copy of a blob from outside, or null: it is not well-formed.
Blob restore(std::string_view bytes);

}  // namespace redstart::listpack
