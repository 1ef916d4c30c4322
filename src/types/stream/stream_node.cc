#include "types/stream/stream_node.h"

#include <algorithm>
#include <cstring>

#include "base/heap.h"

namespace redstart {
namespace {

constexpr size_t kVarintBytesMax = 10;
// What an entry takes beyond its fields: head, ms, seq, number of fields, back.
constexpr size_t kEntryOverheadMax = 5 * kVarintBytesMax;

size_t varint_bytes(uint64_t value) {
  size_t bytes = 1;
  while (value >>= 7) ++bytes;
  return bytes;
}

uint8_t* write_varint(uint8_t* place, uint64_t value) {
  while (value >= 128) {
    *place++ = static_cast<uint8_t>(value | 128);
    value >>= 7;
  }
  *place++ = static_cast<uint8_t>(value);
  return place;
}

const uint8_t* read_varint(const uint8_t* place, uint64_t& value) {
  value = *place & 127;
  for (int shift = 7; *place++ & 128; shift += 7) value |= static_cast<uint64_t>(*place & 127) << shift;
  return place;
}

// The same within bounds; null when the varint does not end before `end`, or is too long.
const uint8_t* check_varint(const uint8_t* place, const uint8_t* end, uint64_t& value) {
  const uint8_t* last = place;
  while (last < end && *last & 128) ++last;
  if (last >= end || last - place >= static_cast<ptrdiff_t>(kVarintBytesMax)) return nullptr;
  return read_varint(place, value);
}

// The same bytes from the other end: what stands before `end` is read backwards.
void write_varint_backwards(uint8_t* place, uint64_t value) {
  uint8_t forwards[kVarintBytesMax];
  const uint8_t* end = write_varint(forwards, value);
  std::reverse_copy(static_cast<const uint8_t*>(forwards), end, place);
}

uint64_t read_varint_backwards(const uint8_t* end) {
  uint64_t value = 0;
  for (int shift = 0;; shift += 7) {
    const uint8_t byte = *--end;
    value |= static_cast<uint64_t>(byte & 127) << shift;
    if (!(byte & 128)) return value;
  }
}

constexpr size_t kListpackFrameBytes = 7;  // its header and its end

size_t listpack_integer_bytes(uint64_t value) {
  return listpack::entry_bytes_of_integer(static_cast<int64_t>(value));
}

// Of what is in an entry of Redis's node beside field names and values: flags, id, number of fields, and how many
// elements these are together.
size_t listpack_overhead_bytes(const StreamId& base, const StreamId& id, size_t field_count, bool same_names) {
  const size_t id_bytes = listpack_integer_bytes(id.ms - base.ms) + listpack_integer_bytes(id.seq - base.seq);
  const size_t flags_bytes = listpack_integer_bytes(0);
  if (same_names) return flags_bytes + id_bytes + listpack_integer_bytes(field_count + 3);
  return flags_bytes + id_bytes + listpack_integer_bytes(field_count) + listpack_integer_bytes(field_count * 2 + 4);
}

// The ids' parts as they are stored.
uint64_t stored_seq(const StreamId& base, const StreamId& id) {
  return id.ms == base.ms ? id.seq - base.seq : id.seq;
}

StreamId stored_id(const StreamId& base, uint64_t ms, uint64_t seq) {
  return {base.ms + ms, ms == 0 ? base.seq + seq : seq};
}

size_t content_bytes_max(std::span<const std::string_view> fields) {
  size_t bytes = 0;
  for (const std::string_view field : fields) bytes += field.size() + listpack::kContentExtraBytes;
  return bytes;
}

bool is_text(const listpack::Value& value, std::string_view text) {
  char buffer[24];
  return value.text(buffer) == text;
}

}  // namespace

StreamNode* StreamNode::allocate(size_t capacity_bytes) {
  capacity_bytes = std::min<size_t>(heap::usable_size(capacity_bytes), UINT32_MAX);
  auto* node = static_cast<StreamNode*>(heap::allocate(capacity_bytes));
  node->capacity_bytes = static_cast<uint32_t>(capacity_bytes);
  return node;
}

void StreamNode::resize(StreamNode*& node, size_t capacity_bytes) {
  if (heap::allocated_size(capacity_bytes) == heap::allocated_size(node->capacity_bytes)) return;
  StreamNode* moved = allocate(capacity_bytes);
  const uint32_t capacity = moved->capacity_bytes;
  std::memcpy(static_cast<void*>(moved), node, node->stored_bytes());
  moved->capacity_bytes = capacity;
  destroy(node);
  node = moved;
}

StreamNode* StreamNode::create(const StreamId& base, std::span<const std::string_view> fields) {
  size_t name_bytes = 0;
  for (size_t i = 0; i < fields.size(); i += 2) name_bytes += listpack::content_bytes(fields[i]);
  // Room for the first entry too.
  StreamNode* node = allocate(sizeof(StreamNode) + name_bytes + 8 + content_bytes_max(fields));
  node->base = base;
  node->entry_count = node->removed_count = node->removed_tail_bytes = 0;
  node->name_count = static_cast<uint32_t>(fields.size() / 2);
  node->entries_offset = node->used_bytes = static_cast<uint32_t>(sizeof(StreamNode) + name_bytes);
  uint8_t* place = node->bytes() + sizeof(StreamNode);
  // Redis's node has the number of names before them, and a zero behind.
  size_t listpack_bytes = kListpackFrameBytes + listpack_integer_bytes(node->name_count) + listpack_integer_bytes(0);
  for (size_t i = 0; i < fields.size(); i += 2) {
    const size_t content_bytes = listpack::write_content(place, fields[i]);
    listpack_bytes += listpack::entry_bytes_of_content(content_bytes);
    place += content_bytes;
  }
  node->listpack_fixed_bytes = static_cast<uint32_t>(listpack_bytes);
  return node;
}

StreamNode* StreamNode::clone(const StreamNode& node) {
  StreamNode* copy = allocate(node.stored_bytes());
  const uint32_t capacity = copy->capacity_bytes;
  std::memcpy(static_cast<void*>(copy), &node, node.stored_bytes());
  copy->capacity_bytes = capacity;
  return copy;
}

void StreamNode::destroy(StreamNode* node) { heap::deallocate(node, node->capacity_bytes); }

bool StreamNode::has_names_of(std::span<const std::string_view> fields) const {
  if (fields.size() != size_t{name_count} * 2) return false;
  const uint8_t* at = names();
  for (size_t i = 0; i < fields.size(); i += 2) {
    listpack::Value name;
    at += listpack::read_content(at, name);
    if (!is_text(name, fields[i])) return false;
  }
  return true;
}

void StreamNode::append(StreamNode*& node, const StreamId& id, std::span<const std::string_view> fields) {
  const bool same_names = node->has_names_of(fields);
  // The body is packed beside the node, since its size goes before it.
  constexpr size_t kBufferBytes = 1024;
  uint8_t buffer[kBufferBytes];
  std::vector<uint8_t> large;
  uint8_t* body = buffer;
  const size_t body_bytes_max = content_bytes_max(fields) + kEntryOverheadMax;
  if (body_bytes_max > kBufferBytes) {
    large.resize(body_bytes_max);
    body = large.data();
  }
  uint8_t* end = write_varint(body, id.ms - node->base.ms);
  end = write_varint(end, stored_seq(node->base, id));
  if (!same_names) end = write_varint(end, fields.size() / 2);
  size_t listpack_bytes = listpack_overhead_bytes(node->base, id, fields.size() / 2, same_names);
  for (size_t i = same_names ? 1 : 0; i < fields.size(); i += same_names ? 2 : 1) {
    const size_t content_bytes = listpack::write_content(end, fields[i]);
    listpack_bytes += listpack::entry_bytes_of_content(content_bytes);
    end += content_bytes;
  }
  const auto body_bytes = static_cast<size_t>(end - body);
  const uint64_t head = body_bytes << 1 | same_names;
  const size_t entry_bytes = varint_bytes(head) + body_bytes;
  const size_t back_bytes = varint_bytes(entry_bytes);
  node->removed_tail_bytes = 0;
  const size_t wanted = node->used_bytes + entry_bytes + back_bytes;
  if (wanted > node->capacity_bytes) resize(node, wanted + wanted / 8);
  uint8_t* place = write_varint(node->bytes() + node->used_bytes, head);
  std::memcpy(place, body, body_bytes);
  write_varint_backwards(place + body_bytes, entry_bytes);
  node->used_bytes = static_cast<uint32_t>(wanted);
  node->listpack_fixed_bytes += static_cast<uint32_t>(listpack_bytes);
  ++node->entry_count;
}

StreamNode::Position StreamNode::erase(StreamNode*& node, Position position, size_t count) {
  if (count == 0) return position;
  Position end = position, last = position;
  for (size_t i = 0; i < count; ++i) end = node->next(last = end);
  const StreamId last_id = node->id_at(last);
  const bool takes_tail = end == node->end() && node->removed_tail_bytes == 0;
  std::memmove(node->bytes() + position, node->bytes() + end, node->stored_bytes() - end);
  node->used_bytes -= end - position;
  node->entry_count -= static_cast<uint32_t>(count);
  node->removed_count += static_cast<uint32_t>(count);
  if (takes_tail) node->write_removed_tail(last_id);  // the entry's id stood in more room
  if (node->used_bytes < node->capacity_bytes / 4 * 3) shrink(node);
  return position;
}

void StreamNode::note_removed(uint32_t count, size_t redis_bytes) {
  removed_count = count;
  const size_t count_bytes = listpack_integer_bytes(entry_count) + listpack_integer_bytes(count);
  listpack_fixed_bytes = static_cast<uint32_t>(redis_bytes - std::min(redis_bytes, count_bytes));
}

void StreamNode::note_removed_tail(StreamNode*& node, const StreamId& id) {
  const size_t wanted = node->used_bytes + 2 * kVarintBytesMax;
  if (wanted > node->capacity_bytes) resize(node, wanted);
  node->write_removed_tail(id);
}

void StreamNode::write_removed_tail(const StreamId& id) {
  uint8_t* const place = bytes() + used_bytes;
  const uint8_t* const end = write_varint(write_varint(place, id.ms - base.ms), stored_seq(base, id));
  removed_tail_bytes = static_cast<uint32_t>(end - place);
}

StreamId StreamNode::removed_tail_id() const {
  uint64_t ms, seq;
  read_varint(read_varint(bytes() + used_bytes, ms), seq);
  return stored_id(base, ms, seq);
}

void StreamNode::shrink(StreamNode*& node) { resize(node, node->stored_bytes()); }

StreamNode::Position StreamNode::next(Position position) const {
  uint64_t head;
  const uint8_t* body = read_varint(bytes() + position, head);
  const auto entry_bytes = static_cast<uint32_t>(body - bytes() - position + (head >> 1));
  return position + entry_bytes + static_cast<uint32_t>(varint_bytes(entry_bytes));
}

StreamNode::Position StreamNode::previous(Position position) const {
  const auto entry_bytes = static_cast<uint32_t>(read_varint_backwards(bytes() + position));
  return position - entry_bytes - static_cast<uint32_t>(varint_bytes(entry_bytes));
}

StreamId StreamNode::id_at(Position position) const {
  uint64_t head, ms, seq;
  const uint8_t* at = read_varint(bytes() + position, head);
  at = read_varint(at, ms);
  read_varint(at, seq);
  return stored_id(base, ms, seq);
}

PackedEntry StreamNode::entry_at(Position position) const {
  uint64_t head, ms, seq, field_count = name_count;
  const uint8_t* at = read_varint(bytes() + position, head);
  at = read_varint(at, ms);
  at = read_varint(at, seq);
  const bool same_names = head & 1;
  if (!same_names) at = read_varint(at, field_count);
  PackedEntry entry;
  entry.id_ = stored_id(base, ms, seq);
  entry.field_count_ = field_count;
  entry.names_ = same_names ? names() : nullptr;
  entry.fields_ = at;
  return entry;
}

StreamNode::Position StreamNode::lower_bound(const StreamId& id) const {
  // From the end while it is near: readers mostly want what is new.
  constexpr int kStepsBack = 4;
  Position position = end();
  for (int i = 0; i < kStepsBack; ++i) {
    if (position == begin()) return position;
    const Position before = previous(position);
    if (id_at(before) < id) return position;
    position = before;
  }
  const Position limit = position;
  for (position = begin(); position < limit && id_at(position) < id;) position = next(position);
  return position;
}

size_t StreamNode::memory_bytes() const { return heap::allocated_size(capacity_bytes); }

size_t StreamNode::listpack_bytes() const {
  return listpack_fixed_bytes + listpack_integer_bytes(entry_count) + listpack_integer_bytes(removed_count);
}

bool StreamNode::validate() const {
  if (entries_offset < sizeof(StreamNode) || entries_offset > used_bytes || stored_bytes() > capacity_bytes) {
    return false;
  }
  const auto walk_contents = [](const uint8_t*& at, const uint8_t* end, uint64_t count) {
    for (uint64_t i = 0; i < count; ++i) {
      const size_t content = listpack::check_content(at, end);
      if (content == 0) return false;
      at += content;
    }
    return true;
  };
  const uint8_t* const entries = bytes() + entries_offset;
  const uint8_t* at = names();
  if (!walk_contents(at, entries, name_count) || at != entries) return false;
  const uint8_t* const end = bytes() + used_bytes;
  uint32_t entry_total = 0;
  StreamId last;
  while (at < end) {
    const uint8_t* const entry = at;
    uint64_t head, ms, seq, field_count = name_count;
    if (!(at = check_varint(at, end, head)) || head >> 1 > static_cast<uint64_t>(end - at)) return false;
    const uint8_t* const body_end = at + (head >> 1);
    if (!(at = check_varint(at, body_end, ms)) || !(at = check_varint(at, body_end, seq))) return false;
    const bool same_names = head & 1;
    if (!same_names && !(at = check_varint(at, body_end, field_count))) return false;
    if (field_count > used_bytes) return false;
    if (!walk_contents(at, body_end, same_names ? field_count : field_count * 2)) return false;
    if (at != body_end) return false;
    // Neither part may wrap around; then ids that ascend are all there is to check.
    const StreamId id = stored_id(base, ms, seq);
    if (id.ms < base.ms || (ms == 0 && id.seq < base.seq)) return false;
    if (entry_total > 0 && id <= last) return false;
    last = id;
    uint8_t back[kVarintBytesMax];
    const auto entry_bytes = static_cast<uint64_t>(at - entry);
    const size_t back_bytes = varint_bytes(entry_bytes);
    if (static_cast<size_t>(end - at) < back_bytes) return false;
    write_varint_backwards(back, entry_bytes);
    if (std::memcmp(back, at, back_bytes) != 0) return false;
    at += back_bytes;
    ++entry_total;
  }
  if (entry_total != entry_count) return false;
  if (removed_tail_bytes == 0) return entry_count > 0;
  const uint8_t* const tail_end = end + removed_tail_bytes;
  uint64_t ms, seq;
  return (at = check_varint(end, tail_end, ms)) && check_varint(at, tail_end, seq) == tail_end && removed_count > 0;
}

}  // namespace redstart
