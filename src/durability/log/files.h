// LogFiles: the files of a log in their directory, and the order in which they come and go, so that a crash at any
// moment leaves a set that can be loaded.
//
//   rewrite:  a new incremental file, named by the manifest, and all that follows goes there
//             a new base, beside the others
//             a manifest of these two; what was before is history
//             the history is deleted, and then forgotten
//
// A log begins with a rewrite, too. Until its first manifest is on disk an empty file, temp-NAME.first, says that
// nothing in the directory was promised to anybody. Without it, and without a manifest, bases and increments are what
// is left of a log: they are not touched.
//
// Threads: thread-compatible. Ownership: borrows the disk.
#pragma once

#include <cstdint>
#include <expected>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/disk.h"
#include "durability/log/manifest.h"

namespace redstart {

// What a new incremental file begins with.
inline constexpr std::string_view kFreshIncrement = "#BATCH:0:0000000000000000:00\r\n";

class LogFiles {
 public:
  using Listener = std::function<void(const std::string& path)>;
  // `name` is appendfilename; `directory` is appenddirname within dir. `on_removed` is told of each file that goes
  // since no manifest names it.
  LogFiles(Disk& disk, std::string directory, std::string name, Listener on_removed = {});

  // Whether there is a log, or one in a single file, that open() would take.
  bool are_there(const std::string& old_directory) const;
  // Reads the manifest, if there is one, and deletes what only a crash has left. A log in one file, as before
  // Redis 7, in `old_directory` becomes the base. Error: also if there are parts of a log, but no manifest.
  std::expected<void, std::string> open(const std::string& old_directory);
  // There is something to load.
  bool exists() const { return manifest_.base || !manifest_.increments.empty(); }
  // In the order in which they are to be loaded.
  std::vector<LogFile> files_to_load() const;
  std::string path_of(const LogFile& file) const { return join_path(directory_, file.name); }
  const std::string& directory() const { return directory_; }
  std::string manifest_path() const { return join_path(directory_, manifest_name(name_)); }

  // Before the first manifest is there: says that nothing was promised to anybody. Nothing if there is one.
  DiskResult<void> mark_first_start();
  // A new, empty incremental file. Unless `listed`, the manifest names it only with the next base.
  DiskResult<std::unique_ptr<WritableFile>> add_increment(bool listed);
  // The last incremental file, to go on with. REQUIRES: there is one.
  DiskResult<std::unique_ptr<WritableFile>> open_last_increment();
  // Where the next base is to be written. No name is given twice: after an error nobody knows which manifest is on
  // the disk, and what it names must stay what it was.
  std::string next_base_path();
  // What the next start would miss: a file that was removed, or cut. Nothing: all are there. Whether a file was cut to
  // which something was written since it was made or opened, who writes it knows.
  std::optional<std::string> find_loss() const;
  // The next base is on disk, so many bytes: it and, if `keeps_newest`, the newest incremental file are the log now.
  DiskResult<void> commit_base(uint64_t bytes, bool keeps_newest);

 private:
  DiskResult<void> save() { return save_manifest(disk_, directory_, name_, manifest_); }
  std::string single_file_path() const { return join_path(directory_, name_); }
  std::string first_start_path() const { return join_path(directory_, first_start_name(name_)); }
  std::expected<void, std::string> begin_without_manifest(const std::string& old_directory);
  std::expected<void, std::string> take_over_single_file(const std::string& old_path);
  bool is_known(const std::string& name) const;
  bool holds_commands(const std::string& name) const;
  // The file is not to become shorter than it is.
  void note_size(const LogFile& file);
  void delete_leftovers();
  DiskResult<void> delete_history();

  Disk& disk_;
  const std::string directory_, name_;
  const Listener on_removed_;
  Manifest manifest_;
  std::map<std::string, uint64_t> least_bytes_;  // by name: that have to be there of files
  std::optional<LogFile> unlisted_;  // an increment that the manifest does not name yet
  int64_t last_base_seq_ = 0, last_increment_seq_ = 0;  // that were given
};

}  // namespace redstart
