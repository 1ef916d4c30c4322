// Streams in the format of Redis's snapshots: nodes as listpacks with ids relative to a base, then what the stream
// remembers, then its groups with their pending entries.
//
//   listpack: live | removed | names | name ... | 0, then for each entry
//             flags (1: removed, 2: the names above) | ms | seq | [fields] | [name |] value ... | elements so far
//
// Threads: as RdbReader and RdbWriter.
#pragma once

#include "durability/rdb/format.h"
#include "types/object.h"

namespace redstart {
class RdbReader;
class RdbWriter;
}  // namespace redstart

namespace redstart::rdb {

// As stream_2.
void write_stream(RdbWriter& writer, const Object& stream);
// Of any of the three types. No data when the reader has failed.
Object read_stream(RdbReader& reader, ValueType type, const EncodingLimits& limits);

}  // namespace redstart::rdb
