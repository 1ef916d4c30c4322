// List: elements in order. Small: one listpack. Large ("quicklist"): listpacks in a row, each of at
// most list-max-listpack-size.
//
// Threads: shard-local. Views of elements live until the list changes.
#pragma once

#include <algorithm>
#include <cstdint>
#include <deque>
#include <string_view>

#include "base/heap.h"
#include "types/listpack.h"
#include "types/object.h"

namespace redstart {

// What comes and goes at an end of a list moves no other element.
using ListChunk = listpack::Floating;
static_assert(sizeof(ListChunk) == 16);

// Invariants: 1. no chunk is empty. 2. `size` is the sum of the chunks' counts.
struct ListChunks {
  std::deque<ListChunk, heap::Allocator<ListChunk>> row;
  size_t size = 0;
};

class List {
 public:
  enum class End : uint8_t { head, tail };

  explicit List(Object& object) : object_(object) {}
  static Object make() { return {Type::list, Encoding::listpack, listpack::create()}; }

  size_t size() const { return is_single() ? listpack::count(blob()) : chunks().size; }
  void push(End end, std::string_view value, const EncodingLimits& limits);
  // Removes the element at an end, after fn(element). REQUIRES: size() > 0.
  template <class Fn>
  void pop(End end, Fn&& fn);
  // Index from 0; REQUIRES for all: index < size(). Cost: O(chunks between it and the nearer end).
  std::string_view at(size_t index, char* buffer) const;
  void replace(size_t index, std::string_view value, const EncodingLimits& limits);
  void erase(size_t index, size_t count);
  // Inserts before the element at `index` (size(): at the end).
  void insert(size_t index, std::string_view value, const EncodingLimits& limits);
  // Removes the first (or last) `count` elements that equal `value`; returns how many there were.
  size_t remove(std::string_view value, size_t count, bool backwards);

  // fn(element) from `first` on, at most `count`, forwards or backwards; ends when fn returns
  // false.
  template <class Fn>
  void for_each(size_t first, size_t count, bool backwards, Fn&& fn) const;

  // The listpacks that the list is made of, for snapshots.
  size_t chunk_count() const { return is_single() ? 1 : chunks().row.size(); }
  template <class Fn>
  void for_each_chunk(Fn&& fn) const {
    if (is_single()) return fn(blob());
    for (const ListChunk& chunk : chunks().row) fn(chunk);
  }
  // REQUIRES: index < chunk_count().
  listpack::Blob chunk(size_t index) const { return is_single() ? blob() : chunks().row[index].blob; }
  // Puts a listpack, which the list takes over, behind its last one. REQUIRES: it is not empty.
  void append_chunk(listpack::Blob chunk, const EncodingLimits& limits);

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
  void insert_between(Where where, std::string_view value, const EncodingLimits& limits);
  void drop_chunk(size_t index);
  static size_t position_at(End end, const listpack::Blob blob) {
    return end == End::head ? listpack::first(blob) : listpack::last(blob);
  }

  Object& object_;
};

template <class Fn>
void List::pop(End end, Fn&& fn) {
  char buffer[24];
  if (is_single()) {
    auto packed = blob();
    const size_t position = position_at(end, packed);
    fn(listpack::get(packed, position).text(buffer));
    listpack::erase(packed, position);
    object_.data = packed;
    return;
  }
  ListChunks& all = chunks();
  ListChunk& chunk = end == End::head ? all.row.front() : all.row.back();
  const size_t position = position_at(end, chunk);
  fn(listpack::get(chunk, position).text(buffer));
  --all.size;
  if (chunk.count == 1) return drop_chunk(end == End::head ? 0 : all.row.size() - 1);
  listpack::erase(chunk, position);
}

template <class Fn>
void List::for_each(size_t first, size_t count, bool backwards, Fn&& fn) const {
  if (count == 0 || first >= size()) return;
  char buffer[24];
  // False: finished.
  const auto walk = [&](const listpack::Blob packed, size_t index) {
    size_t at = listpack::seek(packed, static_cast<int64_t>(index));
    while (at != listpack::kNone && count > 0) {
      if (!fn(listpack::get(packed, at).text(buffer))) return false;
      --count;
      at = backwards ? listpack::previous(packed, at) : listpack::next(packed, at);
    }
    return count > 0;
  };
  if (is_single()) {
    walk(blob(), first);
    return;
  }
  const auto& row = chunks().row;
  Where where = locate(first);
  while (walk(row[where.chunk], where.index)) {
    if (backwards) {
      if (where.chunk-- == 0) return;
      where.index = row[where.chunk].count - 1;
    } else {
      if (++where.chunk == row.size()) return;
      where.index = 0;
    }
  }
}

}  // namespace redstart
