#include "base/disk.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <mutex>
#include <optional>
#include <utility>

namespace redstart {
namespace {

constexpr size_t kCopyBytes = 1 << 20;
constexpr size_t kFillingBytes = 16 * 1024, kFillingPieces = 64;
constexpr mode_t kFileMode = 0644, kDirectoryMode = 0755;

std::unexpected<DiskError> failure(std::string_view verb, const std::string& path) {
  const int code = errno;
  return std::unexpected(
      DiskError{code, "cannot " + std::string(verb) + " " + path + ": " + std::strerror(code)});
}

class Descriptor {
 public:
  explicit Descriptor(int fd) : fd_(fd) {}
  Descriptor(Descriptor&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  ~Descriptor() {
    if (fd_ >= 0) ::close(fd_);
  }
  int get() const { return fd_; }
  bool is_open() const { return fd_ >= 0; }

 private:
  int fd_;
};

class RealWritableFile final : public WritableFile {
 public:
  RealWritableFile(Descriptor fd, std::string path, off_t size)
      : fd_(std::move(fd)), path_(std::move(path)), written_(size), written_back_(size), reserved_end_(size) {}
  ~RealWritableFile() override {
    // What is left there does no harm: whoever reads such files knows the filling.
    if (reserved_end_ > written_) [[maybe_unused]] const int cut = ::ftruncate(fd_.get(), written_);
  }

  DiskResult<void> append(std::string_view bytes) override { return append(bytes, {}); }
  DiskResult<void> append(std::string_view first, std::string_view second) override {
    while (!first.empty() || !second.empty()) {
      const iovec pieces[] = {{const_cast<char*>(first.data()), first.size()},
                              {const_cast<char*>(second.data()), second.size()}};
      const ssize_t written = ::pwritev(fd_.get(), pieces, 2, written_);
      if (written < 0 && errno == EINTR) continue;
      if (written < 0) return failure("write to", path_);
      const size_t of_first = std::min(static_cast<size_t>(written), first.size());
      first.remove_prefix(of_first);
      second.remove_prefix(static_cast<size_t>(written) - of_first);
      written_ += written;
    }
    reserved_end_ = std::max(reserved_end_, written_);
    return {};
  }
  DiskResult<void> sync() override {
    // The system tells of what it could not write once for each descriptor.
    const std::lock_guard lock(sync_mutex_);
    if (sync_failure_) return std::unexpected(*sync_failure_);
    if (::fdatasync(fd_.get()) == 0) return {};
    auto failed = failure("sync", path_);
    sync_failure_ = failed.error();
    return failed;
  }
  void write_back() override {
    ::sync_file_range(fd_.get(), written_back_, written_ - written_back_, SYNC_FILE_RANGE_WRITE);
    written_back_ = written_;
  }
  uint64_t size_bytes() const override { return static_cast<uint64_t>(written_); }
  DiskResult<void> truncate(uint64_t size_bytes) override {
    if (::ftruncate(fd_.get(), static_cast<off_t>(size_bytes)) != 0) return failure("shorten", path_);
    written_ = static_cast<off_t>(size_bytes);
    written_back_ = std::min(written_back_, written_);
    reserved_end_ = written_;
    return {};
  }
  DiskResult<void> reserve(uint64_t bytes, std::string_view filling) override {
    std::string room;
    for (room.reserve(kFillingBytes); room.size() < std::min<size_t>(bytes, kFillingBytes);) room += filling;
    off_t end = reserved_end_;
    for (uint64_t left = bytes; left > 0;) {
      iovec pieces[kFillingPieces];
      size_t count = 0;
      for (uint64_t planned = 0; count < kFillingPieces && planned < left; planned += pieces[count++].iov_len) {
        pieces[count] = {room.data(), std::min<uint64_t>(room.size(), left - planned)};
      }
      const ssize_t written = ::pwritev(fd_.get(), pieces, static_cast<int>(count), end);
      if (written < 0 || written % static_cast<ssize_t>(filling.size()) != 0) {
        auto problem = failure("reserve room in", path_);
        [[maybe_unused]] const int cut = ::ftruncate(fd_.get(), reserved_end_);
        return problem;
      }
      end += written;
      left -= static_cast<uint64_t>(written);
    }
    reserved_end_ = end;
    return {};
  }
  uint64_t reserved_bytes() const override { return static_cast<uint64_t>(reserved_end_ - written_); }

 private:
  const Descriptor fd_;
  const std::string path_;
  off_t written_;
  off_t written_back_;
  off_t reserved_end_;
  std::mutex sync_mutex_;  // guards sync_failure_; held while syncing
  std::optional<DiskError> sync_failure_;
};

class RealReadableFile final : public ReadableFile {
 public:
  RealReadableFile(Descriptor fd, std::string path, uint64_t size)
      : fd_(std::move(fd)), path_(std::move(path)), size_(size) {}

  DiskResult<size_t> read(std::span<char> room) override {
    while (true) {
      const ssize_t bytes = ::read(fd_.get(), room.data(), room.size());
      if (bytes >= 0) return static_cast<size_t>(bytes);
      if (errno != EINTR) return failure("read", path_);
    }
  }
  uint64_t size_bytes() const override { return size_; }

 private:
  const Descriptor fd_;
  const std::string path_;
  const uint64_t size_;
};

class RealDirectoryLock final : public DirectoryLock {
 public:
  explicit RealDirectoryLock(Descriptor fd) : fd_(std::move(fd)) {}

 private:
  const Descriptor fd_;
};

class RealDisk final : public Disk {
 public:
  DiskResult<std::unique_ptr<WritableFile>> create(const std::string& path) override {
    return open_to_write(path, O_TRUNC);
  }
  DiskResult<std::unique_ptr<WritableFile>> open_for_append(const std::string& path) override {
    return open_to_write(path, 0);
  }
  DiskResult<std::unique_ptr<ReadableFile>> open_for_reading(const std::string& path) override {
    Descriptor fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
    struct stat status;
    if (!fd.is_open() || ::fstat(fd.get(), &status) != 0) return failure("open", path);
    if (S_ISDIR(status.st_mode)) {
      errno = EISDIR;
      return failure("open", path);
    }
    ::posix_fadvise(fd.get(), 0, 0, POSIX_FADV_SEQUENTIAL);
    return std::make_unique<RealReadableFile>(std::move(fd), path, static_cast<uint64_t>(status.st_size));
  }
  bool exists(const std::string& path) override { return ::access(path.c_str(), F_OK) == 0; }
  DiskResult<std::vector<std::string>> list(const std::string& directory) override {
    DIR* stream = ::opendir(directory.c_str());
    if (!stream) return failure("list", directory);
    std::vector<std::string> names;
    while (const dirent* item = ::readdir(stream)) {
      const std::string_view name = item->d_name;
      if (name != "." && name != "..") names.emplace_back(name);
    }
    ::closedir(stream);
    return names;
  }
  DiskResult<void> make_directory(const std::string& path) override {
    for (size_t at = path.find('/', 1);; at = path.find('/', at + 1)) {
      const std::string part = path.substr(0, at);
      if (::mkdir(part.c_str(), kDirectoryMode) != 0 && errno != EEXIST) return failure("make", part);
      if (at == std::string::npos) return {};
    }
  }
  DiskResult<void> rename(const std::string& from, const std::string& to) override {
    if (::rename(from.c_str(), to.c_str()) != 0) return failure("rename " + from + " to", to);
    return {};
  }
  DiskResult<void> remove(const std::string& path) override {
    if (::unlink(path.c_str()) != 0) return failure("remove", path);
    return {};
  }
  DiskResult<void> truncate(const std::string& path, uint64_t size_bytes) override {
    if (::truncate(path.c_str(), static_cast<off_t>(size_bytes)) != 0) return failure("truncate", path);
    return {};
  }
  DiskResult<void> rewrite_tail(const std::string& path, uint64_t offset) override {
    const Descriptor fd(::open(path.c_str(), O_RDWR | O_CLOEXEC));
    if (!fd.is_open()) return failure("open", path);
    std::string room(kCopyBytes, '\0');
    for (auto at = static_cast<off_t>(offset);;) {
      const ssize_t bytes = ::pread(fd.get(), room.data(), room.size(), at);
      if (bytes == 0) return {};
      if (bytes < 0) return failure("read", path);
      if (::pwrite(fd.get(), room.data(), static_cast<size_t>(bytes), at) != bytes) return failure("write to", path);
      at += bytes;
    }
  }
  DiskResult<void> sync_directory(const std::string& directory) override {
    const Descriptor fd(::open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (!fd.is_open() || ::fsync(fd.get()) != 0) return failure("sync", directory);
    return {};
  }
  DiskResult<std::unique_ptr<DirectoryLock>> lock_directory(const std::string& directory) override {
    const std::string path = join_path(directory, ".redstart.lock");
    Descriptor fd(::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, kFileMode));
    if (!fd.is_open()) return failure("open", path);
    if (::flock(fd.get(), LOCK_EX | LOCK_NB) != 0) {
      if (errno != EWOULDBLOCK) return failure("lock", path);
      return std::unexpected(DiskError{EWOULDBLOCK, directory + " is in use by another store"});
    }
    return std::make_unique<RealDirectoryLock>(std::move(fd));
  }

 private:
  static DiskResult<std::unique_ptr<WritableFile>> open_to_write(const std::string& path, int flag) {
    Descriptor fd(::open(path.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC | flag, kFileMode));
    struct stat status;
    if (!fd.is_open() || ::fstat(fd.get(), &status) != 0) return failure("open", path);
    return std::make_unique<RealWritableFile>(std::move(fd), path, status.st_size);
  }
};

}  // namespace

Disk& real_disk() {
  static RealDisk disk;
  return disk;
}

DiskResult<std::string> read_file(Disk& disk, const std::string& path) {
  auto file = disk.open_for_reading(path);
  if (!file) return std::unexpected(std::move(file.error()));
  std::string bytes;
  constexpr size_t kStepBytes = 64 * 1024;
  while (true) {
    const size_t old_size = bytes.size();
    bytes.resize(old_size + kStepBytes);
    const auto read = (*file)->read(std::span(bytes).subspan(old_size));
    if (!read) return std::unexpected(read.error());
    bytes.resize(old_size + *read);
    if (*read == 0) return bytes;
  }
}

std::string join_path(std::string_view directory, std::string_view name) {
  if (directory.empty() || name.starts_with('/')) return std::string(name);
  return std::string(directory) + (directory.ends_with('/') ? "" : "/") + std::string(name);
}

std::string directory_of(std::string_view path) {
  const size_t slash = path.rfind('/');
  if (slash == std::string_view::npos) return ".";
  return std::string(path.substr(0, std::max<size_t>(slash, 1)));
}

}  // namespace redstart
