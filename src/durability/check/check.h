// What is in the files of a store, and whether a store could load them: snapshots, logs and their manifests, read from
// begin to end without a store. What is wrong is said in the words of the loader.
//
// Threads: thread-safe. Memory: as much as the largest value or transaction, and up to 48 bytes for each key of a
// snapshot, which tell when one stands twice.
#pragma once

#include <array>
#include <cstdint>
#include <expected>
#include <functional>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "base/disk.h"
#include "types/object.h"

namespace redstart {

struct FileProblem {
  uint64_t offset = 0;
  std::string what;
  // The bytes from there on, in hexadecimal and as text; empty: the file ends there.
  std::string found;
  // What a crash leaves of writes that were not synced, at the end of the last file: a store cuts it off by itself.
  bool is_torn = false;
  uint64_t torn_begin = 0, torn_bytes = 0;
  uint64_t batches_behind = 0;  // that are whole
};

struct FileReport {
  enum class Kind : uint8_t { snapshot, log, log_behind_snapshot, neither };
  std::string path;
  Kind kind = Kind::log;
  uint64_t bytes = 0;

  // --- Of a snapshot
  int version = 0;  // of its format; 0: it could not be read
  std::vector<std::pair<std::string, std::string>> aux;
  std::array<uint64_t, 7> keys_of_type{};  // by Type
  uint64_t deadlines = 0, past_deadlines = 0, empty_keys = 0;
  uint64_t timed_hashes = 0;  // in a form that Redis 7.4 brought
  std::vector<std::string> functions;  // the first lines of libraries
  bool has_checksum = false;

  // --- Of a log
  uint64_t commands = 0, transactions = 0, batches = 0;
  std::optional<uint64_t> synced_bytes;  // as it last says itself

  // A store has it open, and its end was being written.
  bool is_being_written = false;

  std::set<int> databases;
  std::optional<FileProblem> problem;  // the first one: nothing behind it was read

  uint64_t keys() const;
};

struct CheckReport {
  std::vector<FileReport> files;  // in the order in which a store loads them
  // What is wrong beside the files: with a manifest, or that there is nothing.
  std::vector<std::string> problems;
  bool is_sound() const;
  // The file whose torn tail is all that is wrong; null: there is none.
  const FileReport* torn() const;
};

struct CheckOptions {
  int64_t now_ms = 0;
  // Nobody writes to the files, though a store has them open: the caller's, which holds still.
  bool holds_still = false;
  // Why a store would refuse a library of functions; absent: they are not looked at.
  std::function<std::optional<std::string>(std::string_view code)> refuse_function = {};
};

// `path`: a snapshot, a file of a log, a manifest, or a directory with such: a store's, or a log's. Error: it cannot
// be read.
DiskResult<CheckReport> check_path(Disk& disk, const std::string& path, const CheckOptions& options);

// Cuts the file's torn tail off, and syncs it. Returns the name of the file in which the tail is kept, if there are
// whole batches in it. REQUIRES: file.problem, which is torn. Error: a store uses the file, or the disk refuses.
DiskResult<std::optional<std::string>> cut_torn_tail(Disk& disk, const FileReport& file);

}  // namespace redstart
