#include "durability/rdb/stream.h"

#include <algorithm>
#include <limits>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/numbers.h"
#include "durability/rdb/reader.h"
#include "durability/rdb/writer.h"
#include "types/listpack.h"
#include "types/stream/stream.h"

namespace redstart::rdb {
namespace {

constexpr int64_t kRemoved = 1, kSameNames = 2;  // an entry's flags
constexpr size_t kIdBytes = 16;
constexpr size_t kNodeBytesMax = size_t{3} << 30;  // the positions in a node have 32 bits

std::string packed_id(const StreamId& id) {
  std::string bytes;
  for (const uint64_t part : {id.ms, id.seq}) {
    for (int shift = 56; shift >= 0; shift -= 8) bytes.push_back(static_cast<char>(part >> shift));
  }
  return bytes;
}

StreamId unpacked_id(std::string_view bytes) {
  uint64_t parts[2] = {};
  for (size_t i = 0; i < kIdBytes; ++i) parts[i / 8] = parts[i / 8] << 8 | static_cast<uint8_t>(bytes[i]);
  return {parts[0], parts[1]};
}

// --- Writing

class ListpackWriter {
 public:
  ListpackWriter() : blob_(listpack::create()) {}
  ~ListpackWriter() { listpack::free(blob_); }
  ListpackWriter(const ListpackWriter&) = delete;

  void integer(int64_t value) {
    char text[24];
    listpack::append(blob_, {text, format_int64(value, text)});
  }
  void value(const listpack::Value& value) {
    char text[24];
    listpack::append(blob_, value.text(text));
  }
  std::string_view bytes() const {
    return {reinterpret_cast<const char*>(blob_), listpack::bytes(blob_)};
  }

 private:
  listpack::Blob blob_;
};

void write_entry(ListpackWriter& out, const StreamId& base, const PackedEntry& entry) {
  const bool same_names = entry.has_node_names();
  const auto fields = static_cast<int64_t>(entry.field_count());
  out.integer(same_names ? kSameNames : 0);
  out.integer(static_cast<int64_t>(entry.id().ms - base.ms));
  out.integer(static_cast<int64_t>(entry.id().seq - base.seq));
  if (!same_names) out.integer(fields);
  entry.for_each_field([&](const listpack::Value& name, const listpack::Value& value) {
    if (!same_names) out.value(name);
    out.value(value);
  });
  out.integer(same_names ? fields + 3 : fields * 2 + 4);
}

// Without fields.
void write_removed_entry(ListpackWriter& out, const StreamId& base, const StreamId& id) {
  out.integer(kRemoved);
  out.integer(static_cast<int64_t>(id.ms - base.ms));
  out.integer(static_cast<int64_t>(id.seq - base.seq));
  out.integer(0);
  out.integer(4);
}

void write_node(RdbWriter& writer, const StreamNode& node) {
  ListpackWriter out;
  out.integer(node.entry_count);
  // Removed entries are taken out; the last one's id is remembered.
  const bool has_removed_tail = node.removed_tail_bytes > 0;
  out.integer(has_removed_tail);
  out.integer(node.name_count);
  node.for_each_name([&](const listpack::Value& name) { out.value(name); });
  out.integer(0);
  for (auto at = node.begin(); at != node.end(); at = node.next(at)) {
    write_entry(out, node.base, node.entry_at(at));
  }
  if (has_removed_tail) write_removed_entry(out, node.base, node.last_appended_id());
  writer.plain_string(packed_id(node.base));
  writer.string(out.bytes());
}

void write_id(RdbWriter& writer, const StreamId& id) {
  writer.length(id.ms);
  writer.length(id.seq);
}

void write_packed_id(RdbWriter& writer, const StreamId& id) {
  for (const char byte : packed_id(id)) writer.byte(static_cast<uint8_t>(byte));
}

// Calls write(element) for some of `elements` from `place` on. False: there is none left.
template <class Elements, class Write>
bool write_some(const Elements& elements, typename Elements::Place& place, Write&& write) {
  constexpr int kElements = 64;
  for (int i = 0; i < kElements && place != elements.end(); ++i, place = elements.next(place)) write(elements[place]);
  return place != elements.end();
}

// --- Reading

// Walks over a listpack's elements; what is not there, or no integer, makes it fail.
class ListpackReader {
 public:
  explicit ListpackReader(const listpack::Blob blob) : blob_(blob), at_(listpack::first(blob)) {}
  bool failed() const { return failed_; }
  bool is_at_end() const { return at_ == listpack::kNone; }

  listpack::Value value() {
    if (is_at_end()) {
      failed_ = true;
      return {};
    }
    const listpack::Value value = listpack::get(blob_, at_);
    at_ = listpack::next(blob_, at_);
    return value;
  }
  int64_t integer() {
    const listpack::Value read = value();
    failed_ = failed_ || !read.is_integer;
    return read.integer;
  }
  std::string text() {
    char buffer[24];
    return std::string(value().text(buffer));
  }

 private:
  const listpack::Blob blob_;
  size_t at_;
  bool failed_ = false;
};

struct ReadEntry {
  StreamId id;
  bool is_removed = false;
  std::vector<std::string> fields;
};

// An entry behind `base`, with these names unless it has its own.
bool read_entry(ListpackReader& in, const StreamId& base, const std::vector<std::string>& names,
                size_t elements, ReadEntry& entry) {
  const int64_t flags = in.integer();
  entry.id.ms = base.ms + static_cast<uint64_t>(in.integer());
  entry.id.seq = base.seq + static_cast<uint64_t>(in.integer());
  entry.is_removed = flags & kRemoved;
  const bool same_names = flags & kSameNames;
  const int64_t count = same_names ? static_cast<int64_t>(names.size()) : in.integer();
  if (in.failed() || count < 0 || static_cast<uint64_t>(count) > elements) return false;
  for (size_t i = 0; i < static_cast<size_t>(count) && !in.failed(); ++i) {
    entry.fields.push_back(same_names ? names[i] : in.text());
    entry.fields.push_back(in.text());
  }
  const int64_t reach = in.integer();
  return !in.failed() && reach == (same_names ? count + 3 : count * 2 + 4);
}

using OwnedNode = std::unique_ptr<StreamNode, decltype([](StreamNode* node) { StreamNode::destroy(node); })>;

// False: there is no room left.
bool append(OwnedNode& node, const ReadEntry& entry) {
  size_t bytes = node->used_bytes;
  for (const std::string& field : entry.fields) bytes += field.size();
  if (bytes > kNodeBytesMax) return false;
  StreamNode* grown = node.release();
  StreamNode::append(grown, entry.id, std::vector<std::string_view>(entry.fields.begin(), entry.fields.end()));
  node.reset(grown);
  return true;
}

// An empty node at `base` that remembers these field names.
OwnedNode node_with_names(const StreamId& base, const std::vector<std::string>& names) {
  std::vector<std::string_view> fields;
  for (const std::string& name : names) fields.insert(fields.end(), {name, ""});
  return OwnedNode(StreamNode::create(base, fields));
}

// Adds what the blob holds to the end of the stream, as one node.
bool read_entries(const listpack::Blob blob, const StreamId& base, Stream& stream) {
  ListpackReader in(blob);
  const size_t elements = listpack::count(blob);
  const int64_t live = in.integer();
  const int64_t removed = in.integer();
  uint64_t entries = 0;
  const int64_t name_count = in.integer();
  if (in.failed() || name_count < 0 || static_cast<uint64_t>(name_count) > elements) return false;
  if (stream.node_count() > 0 && base <= stream.last_id()) return false;
  std::vector<std::string> names;
  for (int64_t i = 0; i < name_count; ++i) names.push_back(in.text());
  if (in.integer() != 0 || in.failed()) return false;
  OwnedNode node = node_with_names(base, names);
  StreamId last = stream.last_id();
  std::optional<StreamId> removed_tail;
  for (; !in.is_at_end(); ++entries) {
    ReadEntry entry;
    if (!read_entry(in, base, names, elements, entry)) return false;
    removed_tail.reset();
    if (entry.is_removed) {
      removed_tail = entry.id;
      continue;
    }
    if (entry.id < base || entry.id <= last || !append(node, entry)) return false;
    last = entry.id;
  }
  if (entries != static_cast<uint64_t>(live) + static_cast<uint64_t>(removed)) return false;
  if (entries == 0) return true;
  node->note_removed(static_cast<uint32_t>(entries - node->entry_count), listpack::bytes(blob));
  StreamNode* read = node.release();
  if (removed_tail) StreamNode::note_removed_tail(read, *removed_tail);
  StreamNode::shrink(read);
  stream.adopt(read);
  return true;
}

class StreamReader {
 public:
  StreamReader(RdbReader& in, ValueType type, Stream stream) : in_(in), type_(type), stream_(stream) {}

  void read() {
    for (uint64_t left = in_.length(); left > 0 && !in_.failed(); --left) read_node();
    read_memory();
    for (uint64_t left = in_.length(); left > 0 && !in_.failed(); --left) read_group();
  }

 private:
  struct Delivery {
    PendingEntry pending;
    bool operator<(const Delivery& other) const { return pending.id < other.pending.id; }
  };

  void read_node() {
    const std::string key = in_.string_copy();
    if (in_.failed()) return;
    if (key.size() != kIdBytes) return in_.fail("a stream's node without an id");
    const listpack::Blob blob = listpack::restore(in_.string());
    if (!blob) return in_.fail("a broken listpack");
    if (!read_entries(blob, unpacked_id(key), stream_)) in_.fail("a broken node of a stream");
    listpack::free(blob);
  }

  StreamId read_id() {
    const uint64_t ms = in_.length();
    return {ms, in_.length()};
  }

  StreamId read_packed_id() {
    std::string bytes;
    for (size_t i = 0; i < kIdBytes; ++i) bytes.push_back(static_cast<char>(in_.byte()));
    return unpacked_id(bytes);
  }

  void read_memory() {
    const uint64_t length = in_.length();
    const StreamId last_id = read_id();
    StreamId max_removed_id;
    uint64_t entries_added = length;
    if (type_ != ValueType::stream) {
      read_id();  // the first entry's: it is known
      max_removed_id = read_id();
      entries_added = in_.length();
    }
    if (in_.failed()) return;
    if (length != stream_.size() || last_id < stream_.last_entry_id()) {
      return in_.fail("a stream contradicts its entries");
    }
    stream_.set_last_id(last_id);
    stream_.set_max_removed_id(max_removed_id);
    stream_.set_entries_added(entries_added);
  }

  void read_group() {
    const std::string name = in_.string_copy();
    const StreamId last_id = read_id();
    int64_t entries_read = ConsumerGroup::kUnknown;
    if (type_ != ValueType::stream) {
      entries_read = static_cast<int64_t>(in_.length());
    } else if (!in_.failed()) {
      entries_read = stream_.entries_added_up_to(last_id).value_or(ConsumerGroup::kUnknown);
    }
    if (in_.failed()) return;
    if (stream_.find_group(name)) return in_.fail("a group stands twice in a stream");
    ConsumerGroup& group = stream_.create_group(name, last_id, entries_read);
    std::vector<Delivery> deliveries;
    for (uint64_t left = in_.length(); left > 0 && !in_.failed(); --left) {
      const StreamId id = read_packed_id();
      const int64_t delivered_ms = in_.milliseconds();
      const auto count = static_cast<int64_t>(in_.length());
      deliveries.push_back({{id, delivered_ms, count, nullptr}});
    }
    std::ranges::sort(deliveries, std::less<>());
    for (uint64_t left = in_.length(); left > 0 && !in_.failed(); --left) read_consumer(group, deliveries);
    if (!in_.failed() && group.pending.size() != deliveries.size()) {
      in_.fail("a pending entry of a group belongs to no consumer");
    }
  }

  void read_consumer(ConsumerGroup& group, const std::vector<Delivery>& deliveries) {
    const std::string name = in_.string_copy();
    const int64_t seen_ms = in_.milliseconds();
    const int64_t active_ms = type_ == ValueType::stream_3 ? in_.milliseconds() : seen_ms;
    if (in_.failed()) return;
    if (group.find_consumer(name)) return in_.fail("a consumer stands twice in a group");
    Consumer& consumer = group.create_consumer(name, seen_ms);
    consumer.active_ms = active_ms;
    for (uint64_t left = in_.length(); left > 0 && !in_.failed(); --left) {
      const StreamId id = read_packed_id();
      const auto found = std::ranges::lower_bound(
          deliveries, id, std::less<>(), [](const Delivery& delivery) { return delivery.pending.id; });
      if (in_.failed()) return;
      if (found == deliveries.end() || found->pending.id != id || group.pending.find(id)) {
        return in_.fail("a pending entry of a consumer is not its group's");
      }
      PendingEntry pending = found->pending;
      pending.consumer = &consumer;
      group.pending.insert(pending);
      consumer.pending.insert(id);
    }
  }

  RdbReader& in_;
  const ValueType type_;
  Stream stream_;
};

}  // namespace

bool StreamWriter::write_next(RdbWriter& writer, size_t bytes_max) {
  const size_t begin = writer.size_bytes();
  while (write_step(writer)) {
    if (writer.size_bytes() - begin >= bytes_max) return true;
  }
  return false;
}

bool StreamWriter::write_step(RdbWriter& writer) {
  switch (part_) {
    case Part::count:
      writer.length(Stream(stream_).node_count());
      part_ = Part::nodes;
      return true;
    case Part::nodes: return write_nodes_step(writer), true;
    case Part::memory: return write_memory(writer), true;
    case Part::group:
      if (groups_.empty()) return false;
      return write_group(writer), true;
    case Part::pending: return write_pending_step(writer), true;
    case Part::consumer: return write_consumer(writer), true;
    case Part::owned: return write_owned_step(writer), true;
  }
  return false;
}

void StreamWriter::write_nodes_step(RdbWriter& writer) {
  part_ = Part::memory;  // unless there is another node
  if (!next_node_) return;
  Stream(stream_).for_each_node(*next_node_, [&](const StreamNode& node) {
    write_node(writer, node);
    next_node_ = node.base.next();
    part_ = Part::nodes;
    return false;
  });
}

void StreamWriter::write_memory(RdbWriter& writer) {
  const Stream stream(stream_);
  writer.length(stream.size());
  write_id(writer, stream.last_id());
  write_id(writer, stream.first_entry_id());
  write_id(writer, stream.max_removed_id());
  writer.length(stream.entries_added());
  writer.length(stream.group_count());
  stream.for_each_group([&](const ConsumerGroup& group) { groups_.push_back(&group); });
  std::ranges::reverse(groups_);
  part_ = Part::group;
}

void StreamWriter::write_group(RdbWriter& writer) {
  const ConsumerGroup& group = *groups_.back();
  writer.string(group.name());
  write_id(writer, group.last_id);
  writer.length(static_cast<uint64_t>(group.entries_read));
  writer.length(group.pending.size());
  next_pending_ = group.pending.begin();
  part_ = Part::pending;
}

void StreamWriter::write_pending_step(RdbWriter& writer) {
  const ConsumerGroup& group = *groups_.back();
  const bool more = write_some(group.pending, next_pending_, [&](const PendingEntry& pending) {
    write_packed_id(writer, pending.id);
    writer.milliseconds(pending.delivered_ms);
    writer.length(static_cast<uint64_t>(pending.delivery_count));
  });
  if (more) return;
  writer.length(group.consumers.size());
  next_consumer_ = group.consumers.begin();
  part_ = Part::consumer;
}

void StreamWriter::write_consumer(RdbWriter& writer) {
  const auto& consumers = groups_.back()->consumers;
  if (next_consumer_ == consumers.end()) {
    groups_.pop_back();
    part_ = Part::group;
    return;
  }
  const Consumer& consumer = *consumers[next_consumer_];
  writer.string(consumer.name());
  writer.milliseconds(consumer.seen_ms);
  writer.length(consumer.pending.size());
  next_owned_ = consumer.pending.begin();
  part_ = Part::owned;
}

void StreamWriter::write_owned_step(RdbWriter& writer) {
  const auto& consumers = groups_.back()->consumers;
  const auto& owned = consumers[next_consumer_]->pending;
  if (write_some(owned, next_owned_, [&](const StreamId& id) { write_packed_id(writer, id); })) return;
  next_consumer_ = consumers.next(next_consumer_);
  part_ = Part::consumer;
}

void write_stream(RdbWriter& writer, const Object& stream) {
  StreamWriter(stream).write_next(writer, std::numeric_limits<size_t>::max());
}

Object read_stream(RdbReader& reader, ValueType type) {
  Object object = Stream::make();
  StreamReader(reader, type, Stream(object)).read();
  if (!reader.failed()) return object;
  destroy(object);
  return {};
}

}  // namespace redstart::rdb
