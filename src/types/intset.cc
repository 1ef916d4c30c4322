#include "types/intset.h"

#include <cstring>

#include "base/heap.h"

namespace redstart::intset {
namespace {

constexpr size_t kHeaderBytes = 8;

uint32_t word(const Blob blob, size_t offset) {
  uint32_t value;
  std::memcpy(&value, blob + offset, 4);
  return value;
}
void set_word(Blob blob, size_t offset, size_t value) {
  const auto stored = static_cast<uint32_t>(value);
  std::memcpy(blob + offset, &stored, 4);
}
size_t width(const Blob blob) { return word(blob, 0); }
size_t total_bytes(const Blob blob) { return kHeaderBytes + width(blob) * count(blob); }

size_t width_of(int64_t value) {
  if (value == static_cast<int16_t>(value)) return 2;
  return value == static_cast<int32_t>(value) ? 4 : 8;
}

void put(Blob blob, size_t index, int64_t value) {
  std::memcpy(blob + kHeaderBytes + index * width(blob), &value, width(blob));
}

// The first index whose integer is not below `value`.
size_t lower_bound(const Blob blob, int64_t value) {
  size_t low = 0, high = count(blob);
  while (low < high) {
    const size_t middle = (low + high) / 2;
    get(blob, middle) < value ? low = middle + 1 : high = middle;
  }
  return low;
}

void resize(Blob& blob, size_t old_bytes, size_t new_bytes) {
  if (heap::allocated_size(old_bytes) == heap::allocated_size(new_bytes)) return;
  auto* fresh = static_cast<Blob>(heap::allocate(new_bytes));
  std::memcpy(fresh, blob, old_bytes < new_bytes ? old_bytes : new_bytes);
  heap::deallocate(blob, old_bytes);
  blob = fresh;
}

void widen(Blob& blob, size_t new_width) {
  const size_t elements = count(blob), old_width = width(blob);
  auto* fresh = static_cast<Blob>(heap::allocate(kHeaderBytes + new_width * elements));
  set_word(fresh, 0, new_width);
  set_word(fresh, 4, elements);
  for (size_t i = 0; i < elements; ++i) put(fresh, i, get(blob, i));
  heap::deallocate(blob, kHeaderBytes + old_width * elements);
  blob = fresh;
}

}  // namespace

Blob create() {
  auto* blob = static_cast<Blob>(heap::allocate(kHeaderBytes));
  set_word(blob, 0, 2);
  set_word(blob, 4, 0);
  return blob;
}

void free(Blob blob) { heap::deallocate(blob, total_bytes(blob)); }

Blob clone(const Blob blob) {
  auto* copy = static_cast<Blob>(heap::allocate(total_bytes(blob)));
  std::memcpy(copy, blob, total_bytes(blob));
  return copy;
}

size_t count(const Blob blob) { return word(blob, 4); }

int64_t get(const Blob blob, size_t index) {
  const uint8_t* place = blob + kHeaderBytes + index * width(blob);
  if (width(blob) == 2) {
    int16_t value;
    std::memcpy(&value, place, 2);
    return value;
  }
  if (width(blob) == 4) {
    int32_t value;
    std::memcpy(&value, place, 4);
    return value;
  }
  int64_t value;
  std::memcpy(&value, place, 8);
  return value;
}

bool contains(const Blob blob, int64_t value) {
  const size_t index = lower_bound(blob, value);
  return index < count(blob) && get(blob, index) == value;
}

bool add(Blob& blob, int64_t value) {
  const size_t index = lower_bound(blob, value), elements = count(blob);
  if (index < elements && get(blob, index) == value) return false;
  if (width_of(value) > width(blob)) widen(blob, width_of(value));
  const size_t old_bytes = total_bytes(blob);
  resize(blob, old_bytes, old_bytes + width(blob));
  uint8_t* place = blob + kHeaderBytes + index * width(blob);
  std::memmove(place + width(blob), place, (elements - index) * width(blob));
  set_word(blob, 4, elements + 1);
  put(blob, index, value);
  return true;
}

bool remove(Blob& blob, int64_t value) {
  const size_t index = lower_bound(blob, value), elements = count(blob);
  if (index == elements || get(blob, index) != value) return false;
  const size_t old_bytes = total_bytes(blob);
  uint8_t* place = blob + kHeaderBytes + index * width(blob);
  std::memmove(place, place + width(blob), (elements - index - 1) * width(blob));
  set_word(blob, 4, elements - 1);
  resize(blob, old_bytes, old_bytes - width(blob));
  return true;
}

size_t allocated_bytes(const Blob blob) { return heap::allocated_size(total_bytes(blob)); }

std::string_view bytes_of(const Blob blob) {
  return {reinterpret_cast<const char*>(blob), total_bytes(blob)};
}

Blob restore(std::string_view bytes) {
  if (bytes.size() < kHeaderBytes) return nullptr;
  auto* outside = reinterpret_cast<Blob>(const_cast<char*>(bytes.data()));
  const size_t bytes_each = width(outside);
  if (bytes_each != 2 && bytes_each != 4 && bytes_each != 8) return nullptr;
  if (total_bytes(outside) != bytes.size()) return nullptr;
  for (size_t i = 1; i < count(outside); ++i) {
    if (get(outside, i - 1) >= get(outside, i)) return nullptr;
  }
  return clone(outside);
}

}  // namespace redstart::intset
