// StreamNode: a run of a stream's entries, packed into one block. It remembers the field names of its first entry;
// an entry with the same names stores only its values.
//
//   header (48 bytes): base id, bytes in use, room, live entries, removed entries, field names, entries' offset,
//                      bytes of Redis's node, the removed tail's bytes
//   the field names, each a listpack's element content
//   entry ... :
//     head        varint: the body's bytes * 2 + (same field names)
//     body        ms - base ms, varint
//                 seq, varint; less the base's where the ms are equal
//                 unless the names are the same: number of fields (varint), then name, value, ...
//                 if they are: value, ...        (element contents)
//     back        the bytes of head and body as a varint written backwards, so that a walk can go both ways
//   removed tail  ms and seq of the last entry ever appended, as in a body; only while that one is removed
//
// Ids ascend. Entries are taken out by moving the rest together. A varint has seven bits a byte, the lowest first;
// all but the last byte carry a mark.
//
// When a node is full goes by the bytes of Redis's node, a listpack, in which removed entries stay, and where it ends
// by the last entry in there: so that a trim by whole nodes takes as many entries as Redis's.
//
// Threads: shard-local. Ownership: the stream's; what may move the node takes the pointer by reference.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "types/listpack.h"
#include "types/stream/stream_id.h"

namespace redstart {

// An entry as it lies in its node. Views live until the stream is changed.
class PackedEntry {
 public:
  StreamId id() const { return id_; }
  size_t field_count() const { return field_count_; }
  // Its field names are those that the node remembers.
  bool has_node_names() const { return names_ != nullptr; }
  // Calls visit(name, value) for each field, both as listpack::Value.
  template <class Visit>
  void for_each_field(Visit&& visit) const {
    const uint8_t* name_at = names_;
    const uint8_t* at = fields_;
    for (size_t i = 0; i < field_count_; ++i) {
      listpack::Value name, value;
      if (names_) {
        name_at += listpack::read_content(name_at, name);
      } else {
        at += listpack::read_content(at, name);
      }
      at += listpack::read_content(at, value);
      visit(name, value);
    }
  }

 private:
  friend struct StreamNode;
  StreamId id_;
  size_t field_count_ = 0;
  const uint8_t* names_ = nullptr;  // the node's field names, when they are the entry's
  const uint8_t* fields_ = nullptr;
};

struct StreamNode {
  StreamId base;
  uint32_t used_bytes;      // header included, removed tail not
  uint32_t capacity_bytes;  // asked of the heap
  uint32_t entry_count;
  uint32_t removed_count;
  uint32_t name_count;
  uint32_t entries_offset;
  uint32_t listpack_fixed_bytes;  // of Redis's node, without the numbers of live and removed entries
  uint32_t removed_tail_bytes;    // 0: the last entry ever appended is there

  // Where an entry stands, in bytes from the node's begin. Invalidated by changes.
  using Position = uint32_t;

  // A node whose field names are those of `fields` (name, value, ...), without an entry yet.
  static StreamNode* create(const StreamId& base, std::span<const std::string_view> fields);
  static StreamNode* clone(const StreamNode& node);
  static void destroy(StreamNode* node);

  // REQUIRES: `id` is not below the base and above the last entry's.
  static void append(StreamNode*& node, const StreamId& id, std::span<const std::string_view> fields);
  // Takes `count` entries out, from this position on; returns where the next one then stands.
  static Position erase(StreamNode*& node, Position position, size_t count = 1);
  // In Redis's node, which takes so many bytes, `count` entries that are marked as removed stand beside these.
  void note_removed(uint32_t count, size_t redis_bytes);
  // The last one ever appended had this id and is removed.
  static void note_removed_tail(StreamNode*& node, const StreamId& id);
  // Gives back the room that is not in use.
  static void shrink(StreamNode*& node);

  Position begin() const { return entries_offset; }
  Position end() const { return used_bytes; }
  Position next(Position position) const;
  // REQUIRES: position is not begin().
  Position previous(Position position) const;
  StreamId id_at(Position position) const;
  PackedEntry entry_at(Position position) const;
  // The first entry whose id is not below `id`, or end().
  Position lower_bound(const StreamId& id) const;
  bool is_empty() const { return entry_count == 0; }
  // REQUIRES: it is not empty.
  StreamId first_id() const { return id_at(begin()); }
  StreamId last_id() const { return id_at(previous(end())); }
  // Of the last entry that was ever appended. REQUIRES: there was one.
  StreamId last_appended_id() const { return removed_tail_bytes == 0 ? last_id() : removed_tail_id(); }

  // Calls visit(name) for the field names that the node remembers.
  template <class Visit>
  void for_each_name(Visit&& visit) const {
    const uint8_t* at = names();
    for (uint32_t i = 0; i < name_count; ++i) {
      listpack::Value name;
      at += listpack::read_content(at, name);
      visit(name);
    }
  }

  size_t memory_bytes() const;
  // What Redis's node with all entries that were ever appended to this one takes.
  size_t listpack_bytes() const;
  // Whether the packed bytes are well-formed throughout and agree with the header.
  bool validate() const;

 private:
  const uint8_t* bytes() const { return reinterpret_cast<const uint8_t*>(this); }
  uint8_t* bytes() { return reinterpret_cast<uint8_t*>(this); }
  const uint8_t* names() const { return bytes() + sizeof(StreamNode); }
  size_t stored_bytes() const { return size_t{used_bytes} + removed_tail_bytes; }
  StreamId removed_tail_id() const;
  // REQUIRES: there is room for it.
  void write_removed_tail(const StreamId& id);
  bool has_names_of(std::span<const std::string_view> fields) const;
  static StreamNode* allocate(size_t capacity_bytes);
  static void resize(StreamNode*& node, size_t capacity_bytes);
};
static_assert(sizeof(StreamNode) == 48);

}  // namespace redstart
