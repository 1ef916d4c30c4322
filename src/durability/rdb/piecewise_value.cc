#include "durability/rdb/piecewise_value.h"

#include <algorithm>
#include <limits>
#include <utility>

#include "types/hash/hash.h"
#include "types/list/list.h"
#include "types/set/set.h"
#include "types/zset/sorted_set.h"

namespace redstart {
namespace {

constexpr size_t kScanSteps = 256;  // of a table, in one piece

}  // namespace

PiecewiseValue::PiecewiseValue(const Entry& entry)
    : object_(entry.object()),
      stream_(object_),
      knows_deadlines_(!has_timed_elements(object_)),
      earliest_ms_(std::numeric_limits<int64_t>::max()) {}

bool PiecewiseValue::write_next(RdbWriter& out, size_t bytes_max) {
  const size_t left = std::numeric_limits<size_t>::max() - out.size_bytes();
  const size_t end_bytes = out.size_bytes() + std::min(bytes_max, left);
  switch (object_.type) {
    case Type::list: return write_list(out, end_bytes);
    case Type::set: return write_set(out, end_bytes);
    case Type::zset: return write_sorted_set(out, end_bytes);
    case Type::hash: return write_hash(out, end_bytes);
    case Type::stream: return stream_.write_next(out, bytes_max);
    default: return false;
  }
}

template <class Scan>
bool PiecewiseValue::walk(const RdbWriter& out, size_t end_bytes, Scan&& scan) {
  for (size_t steps = 0; steps < kScanSteps && out.size_bytes() < end_bytes; ++steps) {
    next_ = scan(next_);
    if (next_ == 0) return false;
  }
  return true;
}

bool PiecewiseValue::write_list(RdbWriter& out, size_t end_bytes) {
  const List list(object_);
  if (!std::exchange(is_begun_, true)) out.length(list.chunk_count());
  while (next_ < list.chunk_count() && out.size_bytes() < end_bytes) out.list_chunk(list.chunk(next_++));
  return next_ < list.chunk_count();
}

bool PiecewiseValue::write_set(RdbWriter& out, size_t end_bytes) {
  const Set set(object_);
  if (!std::exchange(is_begun_, true)) out.length(set.size());
  return walk(out, end_bytes, [&](uint64_t cursor) {
    return set.scan(cursor, [&](std::string_view member) { out.string(member); });
  });
}

// From the highest on: see RdbWriter.
bool PiecewiseValue::write_sorted_set(RdbWriter& out, size_t end_bytes) {
  const SortedSet set(object_);
  if (!std::exchange(is_begun_, true)) out.length(set.size());
  set.for_each({0, set.size() - next_}, true, [&](std::string_view member, double score) {
    out.scored_member(member, score);
    ++next_;
    return out.size_bytes() < end_bytes;
  });
  return next_ < set.size();
}

bool PiecewiseValue::write_hash(RdbWriter& out, size_t end_bytes) {
  const Hash hash(object_);
  if (!knows_deadlines_) {
    // Nothing is written by it, so that it is ended by its steps.
    const bool more = walk(out, end_bytes, [&](uint64_t cursor) {
      return hash.scan_with_deadline(cursor, [&](std::string_view, std::string_view, int64_t deadline_ms) {
        if (deadline_ms != kNoDeadline) earliest_ms_ = std::min(earliest_ms_, deadline_ms);
      });
    });
    knows_deadlines_ = !more;
    return true;
  }
  const bool is_timed = has_timed_elements(object_);
  if (!std::exchange(is_begun_, true)) {
    if (is_timed) out.milliseconds(earliest_ms_);
    out.length(hash.size());
  }
  return walk(out, end_bytes, [&](uint64_t cursor) {
    return hash.scan_with_deadline(cursor, [&](std::string_view field, std::string_view value, int64_t deadline_ms) {
      if (is_timed) return out.timed_field(field, value, deadline_ms, earliest_ms_);
      out.string(field);
      out.string(value);
    });
  });
}

}  // namespace redstart
