// Disk: the file operations that durability is made of, behind an interface, so that tests can put a disk
// that fails, fills up or forgets in the place of the real one.
//
// What was appended is on disk only after sync(); that a file exists under its name only after
// sync_directory() of its directory. Nothing else is promised, and simulations take everything else away.
//
// Threads: Disk is thread-safe, its files are thread-compatible. Errors: every operation can fail; the error
// says what was tried and what the system said.
#pragma once

#include <cstdint>
#include <expected>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace redstart {

struct DiskError {
  int code;          // errno
  std::string what;  // "cannot write to /data/dump.rdb: No space left on device"
};
template <class T>
using DiskResult = std::expected<T, DiskError>;

class WritableFile {
 public:
  virtual ~WritableFile() = default;
  // All of it or an error; after an error the file may end anywhere in between.
  virtual DiskResult<void> append(std::string_view bytes) = 0;
  // Both, one behind the other. With a `filling`, what goes through the system's cache leaves room behind itself, as
  // reserve() does, up to an even boundary: what is there already is changed at a fraction of the cost of a file's
  // growth, and the system keeps it in few large pieces.
  virtual DiskResult<void> append(std::string_view first, std::string_view second, std::string_view filling) = 0;
  // A sync that failed says nothing about what is on disk; a later one that succeeds neither. May be called beside
  // the others, and by several threads at once: when one of these is told of a failure, so are the others.
  virtual DiskResult<void> sync() = 0;
  // Starts writing back what was appended, without waiting: a later sync() has less to do.
  virtual void write_back() = 0;
  // What was appended, reserved room left out.
  virtual uint64_t size_bytes() const = 0;
  // Takes the end off again, and what was reserved behind it.
  virtual DiskResult<void> truncate(uint64_t size_bytes) = 0;
  // Writes `filling` behind the end, over and over, about `bytes` in all. What is appended next is written over it: a
  // sync of that is quicker, since it changes neither the file's size nor its blocks. Such appends go past the system's
  // cache where that is possible. What is left when the file is closed goes. May be called beside the others.
  // REQUIRES: size_bytes() is, and stays, a multiple of the filling's size, as is 4096.
  virtual DiskResult<void> reserve(uint64_t bytes, std::string_view filling) = 0;
  virtual uint64_t reserved_bytes() const = 0;
  // Error: somebody has cut it, and nothing was appended since. Asks the system one thing, so that every append can be
  // preceded by it.
  virtual DiskResult<void> still_whole() { return {}; }
  // Error: it is not the file of its name any more, or somebody has cut it since the last call.
  virtual DiskResult<void> still_there() { return {}; }
};

class ReadableFile {
 public:
  virtual ~ReadableFile() = default;
  // The next bytes, up to the room there is; 0: the end.
  virtual DiskResult<size_t> read(std::span<char> room) = 0;
  virtual uint64_t size_bytes() const = 0;
};

// The file that is locked, and stays behind.
inline constexpr std::string_view kDirectoryLockName = ".redstart.lock";
// Held until it is destroyed.
class DirectoryLock {
 public:
  virtual ~DirectoryLock() = default;
};

class Disk {
 public:
  virtual ~Disk() = default;

  // An empty file; what it held is gone.
  virtual DiskResult<std::unique_ptr<WritableFile>> create(const std::string& path) = 0;
  virtual DiskResult<std::unique_ptr<WritableFile>> open_for_append(const std::string& path) = 0;
  virtual DiskResult<std::unique_ptr<ReadableFile>> open_for_reading(const std::string& path) = 0;
  virtual bool exists(const std::string& path) = 0;
  // Names without their directory, in no order.
  virtual DiskResult<std::vector<std::string>> list(const std::string& directory) = 0;
  // With the directories above it. Fine if it exists.
  virtual DiskResult<void> make_directory(const std::string& path) = 0;
  virtual DiskResult<void> rename(const std::string& from, const std::string& to) = 0;
  virtual DiskResult<void> remove(const std::string& path) = 0;
  virtual DiskResult<void> truncate(const std::string& path, uint64_t size_bytes) = 0;
  // Writes what stands behind `offset` once more. After a sync that failed, perhaps in another process, the system
  // may take what it could not write for written; from here on a sync means something again.
  virtual DiskResult<void> rewrite_tail(const std::string& path, uint64_t offset) = 0;
  virtual DiskResult<void> sync_directory(const std::string& directory) = 0;
  // One process at a time (and one holder within it). Error: somebody has it.
  virtual DiskResult<std::unique_ptr<DirectoryLock>> lock_directory(const std::string& directory) = 0;
};

// The file system of this machine.
Disk& real_disk();

// The whole file.
DiskResult<std::string> read_file(Disk& disk, const std::string& path);
// "dir/name"; an empty directory is the current one.
std::string join_path(std::string_view directory, std::string_view name);
std::string directory_of(std::string_view path);

}  // namespace redstart
