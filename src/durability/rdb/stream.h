// Streams in the format of Redis's snapshots: nodes as listpacks with ids relative to a base, then what the stream
// remembers, then its groups with their pending entries.
//
//   listpack: live | removed | names | name ... | 0, then for each entry
//             flags (1: removed, 2: the names above) | ms | seq | [fields] | [name |] value ... | elements so far
//
// Threads: as RdbReader and RdbWriter.
#pragma once

#include <cstddef>
#include <optional>

#include "durability/rdb/format.h"
#include "types/object.h"
#include "types/stream/stream_id.h"

namespace redstart {
class RdbReader;
class RdbWriter;
}  // namespace redstart

namespace redstart::rdb {

// As stream_2.
void write_stream(RdbWriter& writer, const Object& stream);

// The same a piece at a time. The stream must not change meanwhile.
class StreamWriter {
 public:
  explicit StreamWriter(const Object& stream) : stream_(stream) {}
  // Appends some more nodes, of about `bytes_max`, and behind the last node all that is not nodes. False: that was it.
  bool write_next(RdbWriter& writer, size_t bytes_max);

 private:
  Object stream_;
  bool is_begun_ = false;
  std::optional<StreamId> next_node_ = StreamId();  // its base, or one before it
};
// Of any of the three types. No data when the reader has failed.
Object read_stream(RdbReader& reader, ValueType type);

}  // namespace redstart::rdb
