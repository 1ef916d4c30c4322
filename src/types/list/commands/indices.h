// Indices as list commands take them: from 0, negative from the end.
//
// Threads: thread-safe.
#pragma once

#include <algorithm>
#include <cstdint>
#include <optional>

namespace redstart {

// The element that `index` means in a list of `size`, if there is one.
inline std::optional<size_t> list_index(int64_t index, size_t size) {
  const auto end = static_cast<int64_t>(size);
  if (index < 0) index += end;
  if (index < 0 || index >= end) return std::nullopt;
  return static_cast<size_t>(index);
}

struct ListSlice {
  size_t first;
  size_t count;
};
// The elements from `start` to `stop`, both included, that a list of `size` has.
inline ListSlice list_slice(int64_t start, int64_t stop, size_t size) {
  const auto end = static_cast<int64_t>(size);
  if (start < 0) start = std::max<int64_t>(start + end, 0);
  if (stop < 0) stop += end;
  stop = std::min(stop, end - 1);
  if (start > stop) return {0, 0};
  return {static_cast<size_t>(start), static_cast<size_t>(stop - start + 1)};
}

}  // namespace redstart
