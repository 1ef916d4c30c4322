// List: elements in order. Small: one listpack. Large ("quicklist"): listpacks in a row, each of at most
// list-max-listpack-size.
//
// Threads: shard-local. Views of elements live until the list changes.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "base/heap.h"
#include "types/listpack.h"
#include "types/object.h"

namespace redstart {

struct ListChunk {
  listpack::Blob blob;
  size_t count;
};
using ListChunks = std::deque<ListChunk, heap::Allocator<ListChunk>>;

class List {
 public:
  enum class End : uint8_t { head, tail };

  explicit List(Object& object) : object_(object) {}
  static Object make() { return {Type::list, Encoding::listpack, listpack::create()}; }

  size_t size() const;
  void push(End end, std::string_view value, const EncodingLimits& limits);
  // REQUIRES: size() > 0.
  std::string pop(End end);
  // Index from 0; REQUIRES for all: index < size().
  std::string at(size_t index) const;
  void replace(size_t index, std::string_view value, const EncodingLimits& limits);
  void erase(size_t index, size_t count);
  // Inserts before the element at `index` (size(): at the end).
  void insert(size_t index, std::string_view value, const EncodingLimits& limits);

  // fn(element) from `first` on, at most `count`, forwards or backwards; ends when fn returns false.
  using Visit = std::function<bool(std::string_view element)>;
  void for_each(size_t first, size_t count, bool backwards, const Visit& fn) const;

  void destroy();
  Object clone() const;
  size_t memory_bytes(size_t samples) const;
  void check_invariants() const;

 private:
  struct Where {
    size_t chunk;
    size_t index;  // within the chunk
  };
  bool is_single() const { return object_.encoding == Encoding::listpack; }
  listpack::Blob blob() const { return static_cast<listpack::Blob>(object_.data); }
  ListChunks& chunks() const { return *static_cast<ListChunks*>(object_.data); }
  void convert();
  Where locate(size_t index) const;
  // Splits the chunk before its element `index`; a split at either end makes nothing.
  void split(size_t chunk, size_t index);

  Object& object_;
};

}  // namespace redstart
