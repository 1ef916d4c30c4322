#include "types/list/list.h"

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
    return count < static_cast<size_t>(std::max<int64_t>(limit, 1)) &&
           bytes + more_bytes <= kSafeBytes;
  }
  const size_t kibibytes = size_t{2} << std::min<int64_t>(-limit, 5);
  return bytes + more_bytes <= kibibytes * 1024;
}

// The most that an element may take, without looking whether it is an integer.
size_t bytes_max(std::string_view value) {
  constexpr size_t kOverheadBytesMax = 10;
  return value.size() + kOverheadBytesMax;
}

bool chunk_has_room(const ListChunk& chunk, std::string_view value, const EncodingLimits& limits) {
  return has_room(listpack::bytes(chunk), chunk.count, bytes_max(value), limits);
}

ListChunk chunk_of(std::string_view value) {
  ListChunk chunk(listpack::create());
  listpack::insert(chunk, listpack::kNone, value);
  return chunk;
}

size_t place_at_end(const listpack::Blob blob, List::End end) {
  return end == List::End::head ? listpack::first(blob) : listpack::kNone;
}

// Removes at most `count` elements that equal `value`, from one end of the listpack on.
template <class Packed>
size_t remove_equal(Packed& packed, std::string_view value, size_t count, bool backwards) {
  size_t removed = 0;
  if (!backwards) {
    size_t at = listpack::first(packed);
    while (at != listpack::kNone && removed < count) {
      at = listpack::find(packed, at, value);
      if (at == listpack::kNone) break;
      at = listpack::erase(packed, at);
      ++removed;
    }
    return removed;
  }
  size_t at = listpack::last(packed);
  while (at != listpack::kNone && removed < count) {
    const size_t before = listpack::previous(packed, at);
    if (listpack::equals(packed, at, value)) {
      listpack::erase(packed, at);
      ++removed;
    }
    at = before;
  }
  return removed;
}

// What the row itself takes: the standard library's deque keeps 512 bytes of elements at a time, and an array of
// their addresses.
size_t row_bytes(size_t chunks) {
  constexpr size_t kNodeBytes = 512, kSpareAddresses = 2, kAddressesMin = 8;
  const size_t nodes = chunks * sizeof(ListChunk) / kNodeBytes + 1;
  const size_t addresses = std::max(kAddressesMin, nodes + kSpareAddresses);
  return nodes * heap::allocated_size(kNodeBytes) + heap::allocated_size(addresses * sizeof(void*));
}

ListChunks* make_chunks() { return new (heap::allocate(sizeof(ListChunks))) ListChunks(); }

}  // namespace

void List::convert() {
  auto* fresh = make_chunks();
  fresh->size = listpack::count(blob());
  if (fresh->size > 0) {
    fresh->row.emplace_back(blob());
  } else {
    listpack::free(blob());
  }
  object_.data = fresh;
  object_.encoding = Encoding::quicklist;
}

void List::drop_chunk(size_t index) {
  auto& row = chunks().row;
  listpack::free(row[index]);
  row.erase(row.begin() + static_cast<ptrdiff_t>(index));
}

void List::push(End end, std::string_view value, const EncodingLimits& limits) {
  if (is_single()) {
    auto packed = blob();
    if (has_room(listpack::bytes(packed), listpack::count(packed), bytes_max(value), limits)) {
      listpack::insert(packed, place_at_end(packed, end), value);
      object_.data = packed;
      return;
    }
    convert();
  }
  auto& row = chunks().row;
  ++chunks().size;
  if (!row.empty()) {
    ListChunk& chunk = end == End::head ? row.front() : row.back();
    if (chunk_has_room(chunk, value, limits)) {
      listpack::insert(chunk, place_at_end(chunk, end), value);
      return;
    }
  }
  end == End::head ? row.push_front(chunk_of(value)) : row.push_back(chunk_of(value));
}

void List::append_chunk(listpack::Blob chunk, const EncodingLimits& limits) {
  const size_t count = listpack::count(chunk);
  if (is_single()) {
    if (listpack::count(blob()) == 0 && has_room(listpack::bytes(chunk), count, 0, limits)) {
      listpack::free(blob());
      object_.data = chunk;
      return;
    }
    convert();
  }
  chunks().row.emplace_back(chunk);
  chunks().size += count;
}

List::Where List::locate(size_t index) const {
  const auto& row = chunks().row;
  const size_t from_end = chunks().size - index;  // 1: the last element
  if (index <= from_end) {
    size_t chunk = 0;
    while (index >= row[chunk].count) index -= row[chunk++].count;
    return {chunk, index};
  }
  size_t chunk = row.size() - 1, left = from_end;
  while (left > row[chunk].count) left -= row[chunk--].count;
  return {chunk, row[chunk].count - left};
}

std::string_view List::at(size_t index, char* buffer) const {
  const Where where = is_single() ? Where{0, index} : locate(index);
  const listpack::Blob packed = is_single() ? blob() : chunks().row[where.chunk].blob;
  return listpack::get(packed, listpack::seek(packed, static_cast<int64_t>(where.index)))
      .text(buffer);
}

void List::replace(size_t index, std::string_view value, const EncodingLimits& limits) {
  if (is_single()) {
    auto packed = blob();
    const size_t at = listpack::seek(packed, static_cast<int64_t>(index));
    if (has_room(listpack::bytes(packed), 0, bytes_max(value), limits)) {
      listpack::replace(packed, at, value);
      object_.data = packed;
      return;
    }
    convert();
  }
  const Where where = locate(index);
  ListChunk& chunk = chunks().row[where.chunk];
  if (chunk.count == 1 || has_room(listpack::bytes(chunk), 0, bytes_max(value), limits)) {
    listpack::replace(chunk, listpack::seek(chunk, static_cast<int64_t>(where.index)), value);
    return;
  }
  erase(index, 1);
  insert(index, value, limits);
}

void List::split(size_t index_of_chunk, size_t index) {
  auto& row = chunks().row;
  ListChunk& chunk = row[index_of_chunk];
  if (index == 0 || index >= chunk.count) return;
  ListChunk right(listpack::clone(chunk));
  listpack::erase(right, listpack::first(right), index);
  listpack::erase(chunk, listpack::seek(chunk, static_cast<int64_t>(index)), right.count);
  row.insert(row.begin() + static_cast<ptrdiff_t>(index_of_chunk) + 1, right);
}

// Inserts into a full chunk: splits it, and puts the value at the end of what is now before it, if
// there is room.
void List::insert_between(Where where, std::string_view value, const EncodingLimits& limits) {
  auto& row = chunks().row;
  split(where.chunk, where.index);
  const size_t right = where.index == 0 ? where.chunk : where.chunk + 1;
  if (right > 0 && chunk_has_room(row[right - 1], value, limits)) {
    listpack::insert(row[right - 1], listpack::kNone, value);
    return;
  }
  row.insert(row.begin() + static_cast<ptrdiff_t>(right), chunk_of(value));
}

void List::insert(size_t index, std::string_view value, const EncodingLimits& limits) {
  if (index == size()) return push(End::tail, value, limits);
  if (index == 0) return push(End::head, value, limits);
  if (is_single()) {
    auto packed = blob();
    if (has_room(listpack::bytes(packed), listpack::count(packed), bytes_max(value), limits)) {
      listpack::insert(packed, listpack::seek(packed, static_cast<int64_t>(index)), value);
      object_.data = packed;
      return;
    }
    convert();
  }
  const Where where = locate(index);
  ListChunk& chunk = chunks().row[where.chunk];
  ++chunks().size;
  if (!chunk_has_room(chunk, value, limits)) return insert_between(where, value, limits);
  listpack::insert(chunk, listpack::seek(chunk, static_cast<int64_t>(where.index)), value);
}

void List::erase(size_t index, size_t count) {
  if (count == 0) return;
  if (is_single()) {
    auto packed = blob();
    listpack::erase(packed, listpack::seek(packed, static_cast<int64_t>(index)), count);
    object_.data = packed;
    return;
  }
  auto& row = chunks().row;
  Where where = locate(index);
  while (count > 0 && where.chunk < row.size()) {
    ListChunk& chunk = row[where.chunk];
    const size_t part = std::min(count, chunk.count - where.index);
    count -= part;
    chunks().size -= part;
    if (part == chunk.count) {
      drop_chunk(where.chunk);
    } else {
      listpack::erase(chunk, listpack::seek(chunk, static_cast<int64_t>(where.index)), part);
      ++where.chunk;
    }
    where.index = 0;
  }
}

size_t List::remove(std::string_view value, size_t count, bool backwards) {
  if (is_single()) {
    auto packed = blob();
    const size_t removed = remove_equal(packed, value, count, backwards);
    object_.data = packed;
    return removed;
  }
  auto& row = chunks().row;
  size_t removed = 0;
  size_t index = backwards ? row.size() : 0;
  while (removed < count && (backwards ? index > 0 : index < row.size())) {
    const size_t here = backwards ? --index : index;
    const size_t part = remove_equal(row[here], value, count - removed, backwards);
    removed += part;
    if (row[here].count == 0) {
      drop_chunk(here);
    } else if (!backwards) {
      ++index;
    }
  }
  chunks().size -= removed;
  return removed;
}

void List::destroy() {
  if (is_single()) return listpack::free(blob());
  for (const ListChunk& chunk : chunks().row) listpack::free(chunk);
  chunks().~ListChunks();
  heap::deallocate(object_.data, sizeof(ListChunks));
}

Object List::clone() const {
  if (is_single()) return {Type::list, Encoding::listpack, listpack::clone(blob())};
  auto* fresh = make_chunks();
  fresh->size = chunks().size;
  for (const ListChunk& chunk : chunks().row) {
    fresh->row.emplace_back(listpack::clone(chunk));
  }
  return {Type::list, Encoding::quicklist, fresh};
}

size_t List::memory_bytes(size_t samples) const {
  if (is_single()) return listpack::allocated_bytes(blob());
  const auto& row = chunks().row;
  const size_t own_bytes = heap::allocated_size(sizeof(ListChunks)) + row_bytes(row.size());
  if (samples == 0 || row.size() <= samples + 2) {
    size_t bytes = own_bytes;
    for (const ListChunk& chunk : row) bytes += listpack::allocated_bytes(chunk);
    return bytes;
  }
  // Those at the ends may be filled to any degree; the others resemble each other.
  size_t inner_bytes = 0;
  for (size_t i = 1; i <= samples; ++i) inner_bytes += listpack::allocated_bytes(row[i]);
  return own_bytes + listpack::allocated_bytes(row.front()) +
         listpack::allocated_bytes(row.back()) + inner_bytes * (row.size() - 2) / samples;
}

void List::check_invariants() const {
  if (is_single()) return;
  size_t total = 0;
  for (const ListChunk& chunk : chunks().row) {
    if (chunk.count == 0 || chunk.count != listpack::count(chunk)) {
      throw std::logic_error("a chunk's count is wrong");
    }
    if (!listpack::validate(chunk, listpack::bytes(chunk))) {
      throw std::logic_error("a chunk is malformed");
    }
    total += chunk.count;
  }
  if (total != chunks().size) throw std::logic_error("the list's size is wrong");
}

}  // namespace redstart
