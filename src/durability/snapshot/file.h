// Snapshot files: a snapshot with a head and an end, as Redis's dump.rdb has them. A file appears under its
// name only when it is complete and on disk; until then it is a temporary one beside it.
//
// Threads: thread-safe. Errors: say which file and why.
#pragma once

#include <atomic>
#include <cstdint>
#include <expected>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "base/disk.h"
#include "durability/byte_source.h"
#include "durability/snapshot/snapshot.h"
#include "engine/keyspace.h"
#include "types/object.h"

namespace redstart {

struct SnapshotHead {
  int64_t unix_time_s = 0;
  uint64_t used_memory_bytes = 0;
  bool is_log_base = false;              // the first file of a log
  std::vector<std::string> functions;    // the code of function libraries
  // How many keys follow, so that who loads them makes room at once. Databases that are left out: unknown.
  struct Size {
    int db;
    uint64_t keys, volatile_keys;
  };
  std::vector<Size> sizes = {};
};

// What a snapshot file begins with.
void append_snapshot_head(std::string& out, const SnapshotHead& head);

struct SnapshotSaveOptions {
  bool checksum = true;
  // Looked at between steps: when it is set, the save ends with an error.
  const std::atomic<bool>* cancelled = nullptr;
  // What needs no lock, compressing and writing, may be done by another thread, if there is much of it.
  bool may_use_thread = false;
};

// Steps the snapshot to its end, in any case. Returns the file's size in bytes.
DiskResult<uint64_t> save_snapshot(Disk& disk, const std::string& path, Snapshot& snapshot,
                                   const SnapshotHead& head, const SnapshotSaveOptions& options);

// Removes what processes that run no more have left of saves they did not end. Returns the names.
std::vector<std::string> remove_abandoned_saves(Disk& disk, const std::string& directory);

struct SnapshotLoadOptions {
  int64_t now_ms = 0;
  bool keeps_expired = false;  // else keys that have expired by now_ms are left out
  const EncodingLimits* limits = nullptr;
  bool lfu = false;    // which of usage codes means something
  bool checksum = true;
  // Takes a library of functions; returns why it cannot.
  std::function<std::optional<std::string>(std::string_view code)> on_function = {};
  std::function<void(uint64_t bytes)> on_progress = {};
  // Told what the snapshot says of itself.
  std::function<void(std::string_view name, std::string_view value)> on_aux = {};
  // Threads that read values and put them in, beside the caller's, which then only cuts the file into values.
  size_t threads = 0;
  bool shards_are_locked = false;  // by the caller, all of them; without threads only
  // Removes a key that is there already, so that the file's takes its place; absent: that is an error.
  std::function<void(int db, std::string_view key)> on_duplicate = {};
};

struct SnapshotLoaded {
  uint64_t keys = 0, expired_keys = 0, empty_keys = 0;
  uint64_t bytes = 0;
  bool is_log_base = false;
};

// Puts a snapshot's keys into a keyspace in which they are not yet. Error: what is wrong, at which byte: the first such
// byte, also with several threads. What was read before is in the keyspace then, and perhaps some of what follows.
// Memory: with threads, some MiB beside the keys.
std::expected<SnapshotLoaded, std::string> load_snapshot(ByteSource& source, Keyspace& keyspace,
                                                         const SnapshotLoadOptions& options);
inline constexpr size_t kSnapshotHeadBytes = 9;
// Whether these are the first bytes of a snapshot file: at least kSnapshotHeadBytes.
bool is_snapshot(std::string_view first_bytes);

}  // namespace redstart
