#include "types/list/list.h"

#include <algorithm>
#include <new>
#include <stdexcept>

namespace redstart {
namespace {

// Whether a listpack that holds `count` elements in `bytes` may take one of `more_bytes`, by
// list-max-listpack-size: positive counts elements, -1 to -5 mean 4 to 64 KiB.
bool has_room(size_t bytes, size_t count, size_t more_bytes, const EncodingLimits& limits) {
  const int64_t limit = limits.list_max_listpack_size;
  if (limit >= 0) {
    constexpr size_t kSafeBytes = 8192;
    return count < static_cast<size_t>(std::max<int64_t>(limit, 1)) && bytes + more_bytes <= kSafeBytes;
  }
  const size_t kibibytes = size_t{2} << std::min<int64_t>(-limit, 5);
  return bytes + more_bytes <= kibibytes * 1024;
}

ListChunk chunk_of(std::string_view value) {
  auto blob = listpack::create();
  listpack::append(blob, value);
  return {blob, 1};
}

std::string text_at(const listpack::Blob blob, size_t position) {
  char buffer[24];
  return std::string(listpack::get(blob, position).text(buffer));
}

}  // namespace

size_t List::size() const {
  if (is_single()) return listpack::count(blob());
  size_t total = 0;
  for (const ListChunk& chunk : chunks()) total += chunk.count;
  return total;
}

void List::convert() {
  auto* fresh = new (heap::allocate(sizeof(ListChunks))) ListChunks();
  const size_t count = listpack::count(blob());
  if (count > 0) {
    fresh->push_back({blob(), count});
  } else {
    listpack::free(blob());
  }
  object_.data = fresh;
  object_.encoding = Encoding::quicklist;
}

void List::push(End end, std::string_view value, const EncodingLimits& limits) {
  const size_t entry_bytes = listpack::entry_bytes(value);
  if (is_single()) {
    auto packed = blob();
    if (has_room(listpack::bytes(packed), listpack::count(packed), entry_bytes, limits)) {
      listpack::insert(packed, end == End::head ? listpack::first(packed) : listpack::kNone, value);
      object_.data = packed;
      return;
    }
    convert();
  }
  ListChunks& all = chunks();
  if (!all.empty()) {
    ListChunk& chunk = end == End::head ? all.front() : all.back();
    if (has_room(listpack::bytes(chunk.blob), chunk.count, entry_bytes, limits)) {
      listpack::insert(chunk.blob, end == End::head ? listpack::first(chunk.blob) : listpack::kNone,
                       value);
      ++chunk.count;
      return;
    }
  }
  end == End::head ? all.push_front(chunk_of(value)) : all.push_back(chunk_of(value));
}

std::string List::pop(End end) {
  if (is_single()) {
    auto packed = blob();
    const size_t at = end == End::head ? listpack::first(packed) : listpack::last(packed);
    std::string value = text_at(packed, at);
    listpack::erase(packed, at);
    object_.data = packed;
    return value;
  }
  ListChunks& all = chunks();
  ListChunk& chunk = end == End::head ? all.front() : all.back();
  const size_t at = end == End::head ? listpack::first(chunk.blob) : listpack::last(chunk.blob);
  std::string value = text_at(chunk.blob, at);
  listpack::erase(chunk.blob, at);
  if (--chunk.count == 0) {
    listpack::free(chunk.blob);
    end == End::head ? all.pop_front() : all.pop_back();
  }
  return value;
}

List::Where List::locate(size_t index) const {
  const ListChunks& all = chunks();
  size_t chunk = 0;
  while (chunk + 1 < all.size() && index >= all[chunk].count) index -= all[chunk++].count;
  return {chunk, index};
}

std::string List::at(size_t index) const {
  if (is_single()) return text_at(blob(), listpack::seek(blob(), static_cast<int64_t>(index)));
  const Where where = locate(index);
  const auto packed = chunks()[where.chunk].blob;
  return text_at(packed, listpack::seek(packed, static_cast<int64_t>(where.index)));
}

void List::replace(size_t index, std::string_view value, const EncodingLimits& limits) {
  if (is_single()) {
    auto packed = blob();
    const size_t at = listpack::seek(packed, static_cast<int64_t>(index));
    if (has_room(listpack::bytes(packed), 0, listpack::entry_bytes(value), limits)) {
      listpack::replace(packed, at, value);
      object_.data = packed;
      return;
    }
    convert();
  }
  erase(index, 1);
  insert(index, value, limits);
}

void List::split(size_t index_of_chunk, size_t index) {
  ListChunks& all = chunks();
  ListChunk& chunk = all[index_of_chunk];
  if (index == 0 || index >= chunk.count) return;
  ListChunk right{listpack::clone(chunk.blob), chunk.count - index};
  listpack::erase(right.blob, listpack::first(right.blob), index);
  listpack::erase(chunk.blob, listpack::seek(chunk.blob, static_cast<int64_t>(index)), right.count);
  chunk.count = index;
  all.insert(all.begin() + static_cast<ptrdiff_t>(index_of_chunk) + 1, right);
}

void List::insert(size_t index, std::string_view value, const EncodingLimits& limits) {
  if (index == size()) return push(End::tail, value, limits);
  if (index == 0) return push(End::head, value, limits);
  const size_t entry_bytes = listpack::entry_bytes(value);
  if (is_single()) {
    auto packed = blob();
    if (has_room(listpack::bytes(packed), listpack::count(packed), entry_bytes, limits)) {
      listpack::insert(packed, listpack::seek(packed, static_cast<int64_t>(index)), value);
      object_.data = packed;
      return;
    }
    convert();
  }
  const Where where = locate(index);
  ListChunks& all = chunks();
  ListChunk& chunk = all[where.chunk];
  if (has_room(listpack::bytes(chunk.blob), chunk.count, entry_bytes, limits)) {
    listpack::insert(chunk.blob, listpack::seek(chunk.blob, static_cast<int64_t>(where.index)), value);
    ++chunk.count;
    return;
  }
  split(where.chunk, where.index);
  const size_t at = where.index == 0 ? where.chunk : where.chunk + 1;
  all.insert(all.begin() + static_cast<ptrdiff_t>(at), chunk_of(value));
}

void List::erase(size_t index, size_t count) {
  if (is_single()) {
    if (count == 0) return;
    auto packed = blob();
    listpack::erase(packed, listpack::seek(packed, static_cast<int64_t>(index)), count);
    object_.data = packed;
    return;
  }
  ListChunks& all = chunks();
  Where where = locate(index);
  while (count > 0 && where.chunk < all.size()) {
    ListChunk& chunk = all[where.chunk];
    const size_t part = std::min(count, chunk.count - where.index);
    count -= part;
    if (part == chunk.count) {
      listpack::free(chunk.blob);
      all.erase(all.begin() + static_cast<ptrdiff_t>(where.chunk));
    } else {
      listpack::erase(chunk.blob, listpack::seek(chunk.blob, static_cast<int64_t>(where.index)), part);
      chunk.count -= part;
      ++where.chunk;
    }
    where.index = 0;
  }
}

void List::for_each(size_t first, size_t count, bool backwards, const Visit& fn) const {
  if (count == 0) return;
  char buffer[24];
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
  const ListChunks& all = chunks();
  Where where = locate(first);
  while (walk(all[where.chunk].blob, where.index)) {
    if (backwards) {
      if (where.chunk-- == 0) return;
      where.index = all[where.chunk].count - 1;
    } else {
      if (++where.chunk == all.size()) return;
      where.index = 0;
    }
  }
}

void List::destroy() {
  if (is_single()) return listpack::free(blob());
  for (const ListChunk& chunk : chunks()) listpack::free(chunk.blob);
  chunks().~ListChunks();
  heap::deallocate(object_.data, sizeof(ListChunks));
}

Object List::clone() const {
  if (is_single()) return {Type::list, Encoding::listpack, listpack::clone(blob())};
  auto* fresh = new (heap::allocate(sizeof(ListChunks))) ListChunks();
  for (const ListChunk& chunk : chunks()) {
    fresh->push_back({listpack::clone(chunk.blob), chunk.count});
  }
  return {Type::list, Encoding::quicklist, fresh};
}

size_t List::memory_bytes(size_t samples) const {
  if (is_single()) return listpack::allocated_bytes(blob());
  const ListChunks& all = chunks();
  size_t bytes = 0, measured = 0;
  for (const ListChunk& chunk : all) {
    if (samples > 0 && measured == samples) break;
    bytes += listpack::allocated_bytes(chunk.blob);
    ++measured;
  }
  if (measured > 0) bytes = bytes * all.size() / measured;
  return bytes + heap::allocated_size(sizeof(ListChunks)) + all.size() * sizeof(ListChunk);
}

void List::check_invariants() const {
  if (is_single()) return;
  for (const ListChunk& chunk : chunks()) {
    if (chunk.count == 0 || chunk.count != listpack::count(chunk.blob)) {
      throw std::logic_error("a chunk's count is wrong");
    }
    if (!listpack::validate(chunk.blob, listpack::bytes(chunk.blob))) {
      throw std::logic_error("a chunk is malformed");
    }
  }
}

}  // namespace redstart
