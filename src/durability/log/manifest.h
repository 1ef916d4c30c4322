// Manifest: which files make up a log, in Redis 7's format: the base (a snapshot, or commands), the incremental
// files after it in order, and files that are history, kept only until they are deleted. The manifest is
// replaced as a whole: what it does not name does not count.
//
//   file appendonly.aof.2.base.rdb seq 2 type b
//   file appendonly.aof.3.incr.aof seq 3 type i
//
// Threads: thread-compatible.
#pragma once

#include <cstdint>
#include <expected>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/disk.h"

namespace redstart {

struct LogFile {
  std::string name;  // within the log's directory
  int64_t seq = 0;
};

struct Manifest {
  std::optional<LogFile> base;
  std::vector<LogFile> increments;  // in the order of their numbers
  std::vector<LogFile> history;

  int64_t last_increment_seq() const { return increments.empty() ? 0 : increments.back().seq; }
  std::string text() const;
};

// Error: what is wrong, with its line.
std::expected<Manifest, std::string> parse_manifest(std::string_view text);

// The names of a log's files: `name` is appendfilename.
std::string manifest_name(std::string_view name);
std::string base_name(std::string_view name, int64_t seq, bool is_snapshot);
std::string increment_name(std::string_view name, int64_t seq);
// An empty file that says that a log has no manifest yet.
std::string first_start_name(std::string_view name);
// The `name` of the log of which a file with such a name is a base or an increment; nothing: it is neither.
std::optional<std::string_view> log_name_of_part(std::string_view file_name);

// Writes the manifest so that it is on disk, whole, or the old one still is.
DiskResult<void> save_manifest(Disk& disk, const std::string& directory, std::string_view name,
                               const Manifest& manifest);

}  // namespace redstart
