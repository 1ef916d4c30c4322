// PiecewiseValue: writes a large value, as RdbWriter::value() would, a piece at a time, so that its shard is not locked
// for the whole of it.
//
// Threads: thread-compatible; the shard of the entry must be locked by who writes a piece.
// Ownership: borrows the entry's value, which must not change before all is written.
#pragma once

#include <cstddef>
#include <cstdint>

#include "durability/rdb/stream.h"
#include "durability/rdb/writer.h"

namespace redstart {

class PiecewiseValue {
 public:
  // Collections in many allocations can be cut. One that is packed is small, and a string is shared, not copied.
  static bool can_write(const Entry& entry) { return !entry.is_string() && !is_packed(entry.object()); }

  // REQUIRES: can_write(entry).
  explicit PiecewiseValue(const Entry& entry);
  // Appends the next piece: about `bytes_max`, or as much as looking for it may cost. False: that was the last one.
  bool write_next(RdbWriter& out, size_t bytes_max);

 private:
  bool write_list(RdbWriter& out, size_t end_bytes);
  bool write_set(RdbWriter& out, size_t end_bytes);
  bool write_sorted_set(RdbWriter& out, size_t end_bytes);
  bool write_hash(RdbWriter& out, size_t end_bytes);
  // Calls scan(cursor), a step over a table, until the piece is full. False: the table has been gone through.
  template <class Scan>
  bool walk(const RdbWriter& out, size_t end_bytes, Scan&& scan);

  Object object_;
  rdb::StreamWriter stream_;
  bool is_begun_ = false;
  uint64_t next_ = 0;  // cursor, rank or index
  bool knows_deadlines_;
  int64_t earliest_ms_;  // of all fields' deadlines
};

}  // namespace redstart
