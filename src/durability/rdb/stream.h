// Streams in the format of Redis's snapshots: nodes as listpacks with ids relative to a base, then what the stream
// remembers, then its groups with their pending entries.
//
//   listpack: live | removed | names | name ... | 0, then for each entry
//             flags (1: removed, 2: the names above) | ms | seq | [fields] | [name |] value ... | elements so far
//
// Threads: as RdbReader and RdbWriter.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "durability/rdb/format.h"
#include "types/object.h"
#include "types/stream/consumer_group.h"
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
  // Appends about `bytes_max` more. False: that was it.
  bool write_next(RdbWriter& writer, size_t bytes_max);

 private:
  // What comes next: how many nodes there are, the nodes, what the stream remembers beside them; of each group what it
  // remembers, what is pending, and of each consumer what it remembers and what is pending with it.
  enum class Part : uint8_t { count, nodes, memory, group, pending, consumer, owned };

  // Writes a little. False: that was it.
  bool write_step(RdbWriter& writer);
  void write_nodes_step(RdbWriter& writer);
  void write_memory(RdbWriter& writer);
  void write_group(RdbWriter& writer);
  void write_pending_step(RdbWriter& writer);
  void write_consumer(RdbWriter& writer);
  void write_owned_step(RdbWriter& writer);

  Object stream_;
  Part part_ = Part::count;
  std::optional<StreamId> next_node_ = StreamId();  // its base, or one before it
  std::vector<const ConsumerGroup*> groups_;        // that are left, the next one last
  decltype(ConsumerGroup::pending)::Place next_pending_;
  decltype(ConsumerGroup::consumers)::Place next_consumer_;
  decltype(Consumer::pending)::Place next_owned_;
};
// Of any of the three types. No data when the reader has failed.
Object read_stream(RdbReader& reader, ValueType type);

}  // namespace redstart::rdb
