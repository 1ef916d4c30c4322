// Choosing elements of a collection at random, each at most once.
//
// Threads: shard-local.
#pragma once

#include <string_view>
#include <unordered_set>

#include "base/random.h"
#include "types/object.h"

namespace redstart {

// Emits `count` different elements: emit(element, ...) with what View::for_each gives. REQUIRES:
// count is at most the collection's size.
//
// A few of a large table are drawn until they differ; else one pass takes each element with the
// chance that is left to it (selection sampling, Knuth, TAOCP volume 2, 3.4.2). Cost: O(count) or
// O(size).
template <class View, class Emit>
void sample_distinct(const Object& object, const View& view, size_t count, Random& random,
                     Emit&& emit) {
  constexpr size_t kDrawRatio = 3;  // draws repeat themselves too often above a third of the size
  const size_t size = view.size();
  const bool is_table =
      object.encoding == Encoding::hashtable || object.encoding == Encoding::timed_table;
  if (is_table && count < size / kDrawRatio) {
    std::unordered_set<const char*> drawn;  // a table's records stay in place
    while (drawn.size() < count) {
      view.random(random, [&](std::string_view element, auto... rest) {
        if (drawn.insert(element.data()).second) emit(element, rest...);
      });
    }
    return;
  }
  size_t wanted = count, left = size;
  view.for_each([&](std::string_view element, auto... rest) {
    if (random.below(left--) >= wanted) return;
    --wanted;
    emit(element, rest...);
  });
}

}  // namespace redstart
