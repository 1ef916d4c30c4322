// A walk through a snapshot file: what stands in it, one after the other, for whoever loads, checks or converts it.
//
//   REDIS and the version | aux fields | functions | database, then its keys | ... | end | checksum
//
// Threads: thread-compatible. Errors: the first one ends the walk, and says what is wrong, at which byte.
#pragma once

#include <cstdint>
#include <expected>
#include <optional>
#include <string>
#include <string_view>

#include "durability/byte_source.h"
#include "durability/rdb/reader.h"
#include "types/object.h"

namespace redstart {

// What is said of a key before its value.
struct SnapshotKey {
  int db = 0;
  std::string_view name;
  rdb::ValueType type{};
  int64_t deadline_ms = kNoDeadline;
  std::optional<uint8_t> frequency;
  std::optional<uint64_t> idle_s;
};

// What whoever refuses these says, without the place.
inline std::string repeated_key_text(int db) { return "the key stands twice in database " + std::to_string(db); }
inline std::string bad_library_text(std::string_view why) {
  return std::string("a library of functions cannot be loaded: ").append(why);
}

// What it is told may be refused: by reader.fail().
class SnapshotVisitor {
 public:
  virtual ~SnapshotVisitor() = default;
  virtual void on_version(int version) { static_cast<void>(version); }
  virtual void on_aux(std::string_view name, std::string_view value) {
    static_cast<void>(name), static_cast<void>(value);
  }
  virtual void on_database(RdbReader& reader, uint64_t db) { static_cast<void>(reader), static_cast<void>(db); }
  // How many keys the database that was named last is said to have, and how many of them deadlines. A hint.
  virtual void on_sizes(int db, uint64_t keys, uint64_t volatile_keys) {
    static_cast<void>(db), static_cast<void>(keys), static_cast<void>(volatile_keys);
  }
  virtual void on_function(RdbReader& reader, std::string_view code) {
    static_cast<void>(reader), static_cast<void>(code);
  }
  // Has to read the value, reader.value(key.type, key.name, ...), or to pass over it.
  virtual void on_key(RdbReader& reader, const SnapshotKey& key) = 0;
  // Everything before this byte was read.
  virtual void on_progress(uint64_t bytes) { static_cast<void>(bytes); }
};

struct SnapshotSeen {
  bool has_checksum = false;
  uint64_t bytes = 0;
};

struct SnapshotWalkOptions {
  const EncodingLimits& limits;
  bool checksum = true;  // is looked at, if there is one
};

std::expected<SnapshotSeen, std::string> walk_snapshot(ByteSource& source, const SnapshotWalkOptions& options,
                                                       SnapshotVisitor& visitor);

}  // namespace redstart
