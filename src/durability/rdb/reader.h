// RdbReader: reads keys' values in the format of Redis's snapshots, of every version from 2.8 to 7.2.
//
// The bytes may come from anybody: whatever they say is checked, and what does not fit is an error with its
// place, never a broken value. After the first error everything reads as empty, and failed() says so:
// a caller may look once, at the end.
//
// Threads: thread-compatible.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "durability/byte_source.h"
#include "durability/rdb/format.h"
#include "engine/entry.h"
#include "types/object.h"

namespace redstart {

class RdbReader {
 public:
  RdbReader(ByteSource& source, const EncodingLimits& limits) : source_(source), limits_(limits) {}

  bool failed() const { return !error_.empty(); }
  // What is wrong, and at which byte.
  const std::string& error() const { return error_; }
  void fail(std::string_view what);

  uint8_t byte();
  uint64_t length();
  // Valid until the next call of anything here.
  std::string_view string();
  // The same, to keep.
  std::string string_copy() { return std::string(string()); }
  double number();
  int64_t milliseconds();
  int64_t seconds();

  // The value that stands behind type and key, as an entry of its own; null: see error().
  // An empty collection (some Redis versions wrote them) is null without an error.
  struct Shape {
    int64_t deadline_ms = kNoDeadline;
    uint32_t access = 0;
  };
  Entry* value(rdb::ValueType type, std::string_view key, const Shape& shape);
  // Goes over the value that stands behind type and key, for somebody else to read: its bytes, valid until the next
  // call of anything here. Nothing: it is too large for that, or broken; it has to be read here.
  std::optional<std::string_view> pass_over(rdb::ValueType type);
  // Where the next byte stands.
  uint64_t offset() const { return source_.offset(); }

 private:
  // Null (and failed) when fewer bytes are left.
  std::string_view take(size_t size);
  uint32_t word();
  std::string_view decompress();
  double text_number();

  Object object(rdb::ValueType type);
  Object list_of_strings();
  Object list_of_nodes(bool listpacks);
  Object set_of_strings();
  Object set_of_integers();
  Object sorted_set(bool text_scores);
  Object hash();
  Object hash_with_deadlines();
  Object hash_of_triples();
  // Collections that are written as one blob.
  Object packed(rdb::ValueType type);
  // REQUIRES: pairs of a listpack. Takes the blob over.
  Object hash_of(uint8_t* blob);
  Object sorted_set_of(uint8_t* blob);
  Object set_of(uint8_t* blob);

  ByteSource& source_;
  const EncodingLimits& limits_;
  std::string error_;
  std::string scratch_;
};

}  // namespace redstart
