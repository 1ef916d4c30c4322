// RdbWriter: writes keys' values in the format of Redis's snapshots, behind what a buffer holds already.
//
// Values that have a compact encoding are written as the blob they are; a redis-server 7.0 reads whatever
// this writes, except hashes of which fields have deadlines: those need Redis 7.4.
//
// Threads: thread-compatible; the shard of an entry that is written must be locked.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/shared_bytes.h"
#include "durability/rdb/format.h"
#include "engine/entry.h"
#include "types/listpack.h"

namespace redstart {

class Hash;

// What is written under a lock, but for what can be done behind it: no string is compressed yet, and large ones are
// shared with their keys.
struct UnfinishedRdb {
  struct String {
    size_t begin;             // where its length stands, or is to stand
    size_t text, end;         // its bytes
    SharedBytes shared = {};  // if this is set, these are its bytes; there are none in `bytes`
  };
  std::string bytes;
  std::vector<String> strings;  // in the order in which they stand
  size_t shared_bytes = 0;

  // What it keeps from being freed.
  size_t size_bytes() const { return bytes.size() + shared_bytes; }
};

class RdbWriter {
 public:
  // `compress`: strings above 20 bytes with LZF, where that makes them shorter (rdbcompression).
  RdbWriter(std::string& out, bool compress) : out_(out), compress_(compress) {}
  // Leaves what it can to finish().
  RdbWriter(UnfinishedRdb& out, bool compress) : out_(out.bytes), compress_(compress), unfinished_(&out) {}

  void byte(uint8_t value) { out_.push_back(static_cast<char>(value)); }
  void type(rdb::ValueType type) { byte(static_cast<uint8_t>(type)); }
  void opcode(rdb::Opcode opcode) { byte(static_cast<uint8_t>(opcode)); }
  void length(uint64_t value);
  // In the shortest way: a canonical integer as such, or compressed, or as it is.
  void string(std::string_view text);
  // As it is.
  void plain_string(std::string_view text);
  void integer_text(int64_t value);
  void number(double value);
  void milliseconds(int64_t value);
  // Elements of collections.
  void scored_member(std::string_view member, double score);
  void timed_field(std::string_view field, std::string_view value, int64_t deadline_ms, int64_t earliest_ms);
  void list_chunk(listpack::Blob chunk);
  // What another has left unfinished.
  void finish(const UnfinishedRdb& written);
  // What is in the buffer.
  size_t size_bytes() const { return out_.size(); }

  static rdb::ValueType type_of(const Entry& entry);
  // What stands behind type and key.
  void value(const Entry& entry);

 private:
  bool compressed_string(std::string_view text);
  void list(Object object);
  void set(Object object);
  void sorted_set(Object object);
  void hash(Object object);
  void timed_hash(const Hash& hash);

  std::string& out_;
  const bool compress_;
  UnfinishedRdb* const unfinished_ = nullptr;
  std::string compressed_;  // the last string
};

}  // namespace redstart
