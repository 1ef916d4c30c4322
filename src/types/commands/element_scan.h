// What the incremental iterations share: SCAN, HSCAN, SSCAN, ZSCAN.
//
// Threads: as CommandContext.
#pragma once

#include <cstdint>
#include <string_view>
#include <type_traits>

#include "base/glob.h"
#include "execution/command_context.h"
#include "types/element_list.h"

namespace redstart {

struct ScanOptions {
  std::string_view pattern = "*";
  int64_t count = 10;
  bool no_values = false;  // HSCAN's NOVALUES
  bool matches(std::string_view text) const { return pattern == "*" || glob_match(pattern, text); }
};

// The cursor in argument `index`: any text that strtoul reads to its end, as in Redis.
bool parse_scan_cursor(CommandContext& c, size_t index, uint64_t& cursor);
// MATCH and COUNT, from argument `first` on; of HSCAN also NOVALUES.
bool parse_scan_options(CommandContext& c, size_t first, ScanOptions& options);
void reply_scan(CommandContext& c, uint64_t cursor, const ElementList& elements);

// A view of a collection as it is now.
template <class View>
View view_of(Object& object, int64_t now_ms) {
  if constexpr (std::is_constructible_v<View, Object&, int64_t>) {
    return View(object, now_ms);
  } else {
    return View(object);
  }
}

// The body of HSCAN, SSCAN and ZSCAN. `View` is the type's view of an Object; `step(view, cursor,
// options, elements)` takes one step of the iteration, adds what matches, and returns the next
// cursor. Steps are taken until COUNT elements were looked at: `step` adds what it looked at to
// `seen`.
template <class View, class Step>
void scan_elements(CommandContext& c, Type type, Step&& step) {
  uint64_t cursor;
  if (!parse_scan_cursor(c, 2, cursor)) return;
  const Read read = c.read(c.arg(1), type);
  if (read.wrong_type) return;
  if (!read) return reply_scan(c, 0, {});
  ScanOptions options;
  if (!parse_scan_options(c, 3, options)) return;
  Object object = read.object();
  const View view = view_of<View>(object, c.now_ms());
  ElementList elements;
  // A sparse table is not searched forever: ten buckets for each element asked for.
  constexpr int64_t kStepsPerElement = 10;
  int64_t seen = 0;
  int64_t steps_left =
      options.count > INT64_MAX / kStepsPerElement ? INT64_MAX : options.count * kStepsPerElement;
  do {
    cursor = step(view, cursor, options, elements, seen);
  } while (cursor != 0 && seen < options.count && --steps_left > 0);
  reply_scan(c, cursor, elements);
}

}  // namespace redstart
