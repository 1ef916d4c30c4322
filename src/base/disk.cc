#include "base/disk.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <bit>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <mutex>
#include <optional>
#include <utility>

namespace redstart {
namespace {

constexpr size_t kCopyBytes = 1 << 20;
constexpr size_t kBlockBytes = 4096;  // of direct transfers
constexpr size_t kFillingBytes = 256 * 1024;
constexpr size_t kDirectBytesMax = 1 << 20;  // more goes through the cache
constexpr off_t kCachedRoomBytesMax = 32 * 1024;
constexpr off_t kAllocatedBytesMin = 256 * 1024, kAllocatedBytesMax = 16 << 20;
constexpr mode_t kFileMode = 0644, kDirectoryMode = 0755;

std::unexpected<DiskError> failure(std::string_view verb, const std::string& path) {
  const int code = errno;
  return std::unexpected(
      DiskError{code, "cannot " + std::string(verb) + " " + path + ": " + std::strerror(code)});
}

template <class Number>
Number round_down(Number bytes) {
  return bytes - bytes % static_cast<Number>(kBlockBytes);
}
template <class Number>
Number round_up(Number bytes) {
  return round_down(bytes + static_cast<Number>(kBlockBytes) - 1);
}

// Of `pieces`, what is behind the first `bytes`.
std::span<iovec> without_first(std::span<iovec> pieces, size_t bytes) {
  while (!pieces.empty() && bytes >= pieces.front().iov_len) {
    bytes -= pieces.front().iov_len;
    pieces = pieces.subspan(1);
  }
  if (!pieces.empty()) {
    pieces.front().iov_base = static_cast<char*>(pieces.front().iov_base) + bytes;
    pieces.front().iov_len -= bytes;
  }
  return pieces;
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

// Memory for direct transfers.
class AlignedBytes {
 public:
  // Room for `size` bytes; what was there is gone.
  char* make_room(size_t size) {
    if (size > size_) {
      size_ = round_up(size);
      bytes_.reset(static_cast<char*>(std::aligned_alloc(kBlockBytes, size_)));
    }
    return bytes_.get();
  }

 private:
  struct Free {
    void operator()(char* bytes) const { std::free(bytes); }
  };
  std::unique_ptr<char, Free> bytes_;
  size_t size_ = 0;
};

// Whether the open file is the one that has this name.
bool is_named(const Descriptor& fd, const std::string& path) {
  struct stat open_file, named_file;
  return ::fstat(fd.get(), &open_file) == 0 && ::stat(path.c_str(), &named_file) == 0 &&
         open_file.st_dev == named_file.st_dev && open_file.st_ino == named_file.st_ino;
}

// Appends through the system's cache, or, where room is reserved, past it:
//
//   |<- block ->|<- block ->|<- block ->|<- block ->|
//   ....data....data....data#\n#\n#\n#\n#\n#\n#\n#\n#\n
//                           ^written_               ^reserved_end_
//
// A direct append writes whole blocks: the block in which written_ lies once more, with what it had, and after the new
// bytes the filling that is there already. So what was on disk stays there whatever happens to the write, if the disk
// does not tear the sectors that a write leaves as they are; that much the system's cache asks of it, too.
//
// Without such room the cache gets, behind what is appended, filling up to the next multiple of 32 KiB (less in small
// files). The system then has large pages for the file instead of small ones, and to change bytes that it has costs
// a fraction of taking new ones in. Blocks are asked for in advance, too.
//
// written_ is the appending thread's; the room ends where reserved_end_ says, and who changes that, or writes past it,
// holds room_mutex_.
class RealWritableFile final : public WritableFile {
 public:
  RealWritableFile(Descriptor fd, std::string path, off_t size)
      : fd_(std::move(fd)),
        path_(std::move(path)),
        written_(size),
        written_back_(size),
        allocated_end_(size),
        reserved_end_(size) {}
  ~RealWritableFile() override {
    // What is left there does no harm: whoever reads such files knows the filling.
    const bool has_room = std::max(reserved_end_.load(), allocated_end_) > written_;
    if (has_room) [[maybe_unused]] const int cut = ::ftruncate(fd_.get(), written_);
  }

  DiskResult<void> append(std::string_view bytes) override { return append(bytes, {}, {}); }
  DiskResult<void> append(std::string_view first, std::string_view second, std::string_view filling) override {
    const size_t size = first.size() + second.size();
    if (fits_directly(size)) return append_directly(first, second);
    const std::lock_guard lock(room_mutex_);
    if (fits_directly(size)) return append_directly(first, second);  // there was more room to come
    return append_to_cache(first, second, filling);
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
    const std::lock_guard lock(room_mutex_);
    if (::ftruncate(fd_.get(), static_cast<off_t>(size_bytes)) != 0) return failure("shorten", path_);
    written_ = static_cast<off_t>(size_bytes);
    written_back_ = std::min(written_back_, written_);
    reserved_end_ = allocated_end_ = written_;
    knows_tail_ = false;
    if (seen_ > written_) seen_ = 0;
    return {};
  }
  DiskResult<void> reserve(uint64_t bytes, std::string_view filling) override;
  uint64_t reserved_bytes() const override { return static_cast<uint64_t>(reserved_end_ - written_); }
  DiskResult<void> still_whole() override { return still_holds(written_); }
  DiskResult<void> still_there() override {
    if (!is_named(fd_, path_)) return std::unexpected(DiskError{ENOENT, path_ + " was removed or replaced"});
    // What is appended to a file that was cut leaves a hole before itself.
    seen_ = std::min(seen_, written_);
    const bool has_hole = seen_ > 0 && byte_at(seen_ - 1) != last_seen_;
    if (has_hole || (written_ > 0 && !byte_at(written_ - 1))) return was_cut();
    seen_ = written_;
    if (seen_ > 0) last_seen_ = byte_at(seen_ - 1);
    return {};
  }

 private:
  std::optional<char> byte_at(off_t place) const {
    char byte;
    return ::pread(fd_.get(), &byte, 1, place) == 1 ? std::optional(byte) : std::nullopt;
  }
  // Error: it has fewer bytes.
  DiskResult<void> still_holds(off_t bytes) const {
    struct stat status;
    if (::fstat(fd_.get(), &status) != 0) return failure("look at", path_);
    return status.st_size < bytes ? was_cut() : DiskResult<void>();
  }
  std::unexpected<DiskError> was_cut() const { return std::unexpected(DiskError{EIO, path_ + " was cut short"}); }
  bool fits_directly(size_t size) const {
    return size <= kDirectBytesMax && written_ + static_cast<off_t>(size) <= reserved_end_ && is_direct_;
  }
  DiskResult<void> append_directly(std::string_view first, std::string_view second);
  DiskResult<void> append_to_cache(std::string_view first, std::string_view second, std::string_view filling);
  // The filling that goes behind `data_end`.
  std::string_view cached_room(off_t data_end, std::string_view filling);
  // Asks for the blocks up to `end`, and for as many again as the file has.
  void allocate(off_t end);
  // Fills `room` as the file is filled from a multiple of the filling's size on.
  void fill(std::span<char> room) const {
    size_t filled = filling_.copy(room.data(), room.size());
    while (filled < room.size()) {
      const size_t more = std::min(filled, room.size() - filled);
      std::memcpy(room.data() + filled, room.data(), more);
      filled += more;
    }
  }
  bool read_tail();

  const Descriptor fd_;
  const std::string path_;
  off_t written_;
  off_t written_back_;
  off_t allocated_end_;
  off_t seen_ = 0;                 // the end at the last still_there(),
  std::optional<char> last_seen_;  // and the byte before it
  bool can_allocate_ = true;
  std::string cached_filling_;
  AlignedBytes blocks_;         // of the last direct append
  char tail_[kBlockBytes];      // what stands in the block in which written_ lies, before it,
  bool knows_tail_ = false;     // if this is set

  std::mutex room_mutex_;
  std::atomic<off_t> reserved_end_;
  std::atomic<bool> is_direct_{false};
  std::optional<Descriptor> direct_fd_;  // set once, before is_direct_
  std::string filling_;                  // the same

  std::mutex sync_mutex_;  // guards sync_failure_; held while syncing
  std::optional<DiskError> sync_failure_;
};

DiskResult<void> RealWritableFile::append_to_cache(std::string_view first, std::string_view second,
                                                   std::string_view filling) {
  knows_tail_ = false;
  const off_t data_end = written_ + static_cast<off_t>(first.size() + second.size());
  std::array<iovec, 3> pieces;
  std::ranges::transform(std::array{first, second, cached_room(data_end, filling)}, pieces.begin(), [](auto bytes) {
    return iovec{const_cast<char*>(bytes.data()), bytes.size()};
  });
  std::span<iovec> left(pieces);
  off_t end = written_;
  while (end < data_end) {
    const ssize_t written = ::pwritev(fd_.get(), left.data(), static_cast<int>(left.size()), end);
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return failure("write to", path_);
    end += written;
    left = without_first(left, static_cast<size_t>(written));
    written_ = std::min(end, data_end);  // that there is no space for all of the room is no failure
  }
  reserved_end_ = std::max(reserved_end_.load(), end);
  return {};
}

std::string_view RealWritableFile::cached_room(off_t data_end, std::string_view filling) {
  if (filling.empty() || data_end <= reserved_end_) return {};
  while (cached_filling_.size() < static_cast<size_t>(kCachedRoomBytesMax)) cached_filling_ += filling;
  // No more than the file has.
  const auto file_bytes = static_cast<off_t>(std::bit_floor(static_cast<uint64_t>(data_end)));
  const off_t boundary = std::clamp(file_bytes, off_t{kBlockBytes}, kCachedRoomBytesMax);
  const off_t room_end = (data_end + boundary - 1) / boundary * boundary;
  allocate(room_end);
  const auto bytes = static_cast<size_t>(room_end - data_end);
  return std::string_view(cached_filling_).substr(0, bytes - bytes % filling.size());
}

void RealWritableFile::allocate(off_t end) {
  if (end <= allocated_end_ || !can_allocate_) return;
  const off_t begin = std::max(allocated_end_, written_);
  const off_t new_end = end + std::clamp(end, kAllocatedBytesMin, kAllocatedBytesMax);
  can_allocate_ = ::fallocate(fd_.get(), FALLOC_FL_KEEP_SIZE, begin, new_end - begin) == 0;
  if (can_allocate_) allocated_end_ = new_end;
}

bool RealWritableFile::read_tail() {
  const off_t begin = round_down(written_);
  const auto size = static_cast<size_t>(written_ - begin);
  knows_tail_ = ::pread(fd_.get(), tail_, size, begin) == static_cast<ssize_t>(size);
  return knows_tail_;
}

DiskResult<void> RealWritableFile::append_directly(std::string_view first, std::string_view second) {
  if (!knows_tail_ && !read_tail()) return failure("read", path_);
  const off_t begin = round_down(written_), old_end = written_;
  const auto tail_size = static_cast<size_t>(old_end - begin);
  const size_t data_size = tail_size + first.size() + second.size(), size = round_up(data_size);
  char* const blocks = blocks_.make_room(size);
  std::memcpy(blocks, tail_, tail_size);
  std::memcpy(blocks + tail_size, first.data(), first.size());
  std::memcpy(blocks + tail_size + first.size(), second.data(), second.size());
  fill({blocks + data_size, size - data_size});
  for (size_t done = 0; done < size;) {
    const ssize_t written =
        ::pwrite(direct_fd_->get(), blocks + done, size - done, begin + static_cast<off_t>(done));
    if (written < 0 && errno == EINTR) continue;
    if (written < 0 || written % static_cast<ssize_t>(kBlockBytes) != 0) {
      knows_tail_ = false;
      if (written >= 0) errno = EIO;
      return failure("write to", path_);
    }
    done += static_cast<size_t>(written);
  }
  written_ = begin + static_cast<off_t>(data_size);
  const size_t new_begin = round_down(data_size);
  std::memcpy(tail_, blocks + new_begin, data_size - new_begin);
  return {};
}

DiskResult<void> RealWritableFile::reserve(uint64_t bytes, std::string_view filling) {
  const std::lock_guard lock(room_mutex_);
  if (auto whole = still_holds(reserved_end_); !whole) return whole;  // room behind a cut would hide it
  if (filling_.empty()) {
    filling_ = filling;
    direct_fd_.emplace(::open(path_.c_str(), O_WRONLY | O_CLOEXEC | O_DIRECT));
  }
  // Where there are no direct transfers, the room goes through the cache.
  const int fd = direct_fd_->is_open() ? direct_fd_->get() : fd_.get();
  AlignedBytes memory;
  const std::span<char> piece(memory.make_room(kFillingBytes), kFillingBytes);
  fill(piece);
  const off_t begin = reserved_end_;
  off_t end = round_up(begin);
  bool is_done = ::pwrite(fd_.get(), piece.data(), static_cast<size_t>(end - begin), begin) == end - begin;
  for (const off_t room_end = end + static_cast<off_t>(round_up(bytes)); is_done && end < room_end;) {
    const size_t size = std::min(piece.size(), static_cast<size_t>(room_end - end));
    is_done = ::pwrite(fd, piece.data(), size, end) == static_cast<ssize_t>(size);
    if (is_done) end += static_cast<off_t>(size);
  }
  // With a descriptor that appends do not use, so that no error is taken from them.
  if (!is_done || (direct_fd_->is_open() && ::fdatasync(fd) != 0)) {
    auto problem = failure("reserve room in", path_);
    if (problem.error().code == EINVAL && !is_direct_) direct_fd_.emplace(-1);  // this file system has none after all
    [[maybe_unused]] const int cut = ::ftruncate(fd_.get(), begin);
    return problem;
  }
  reserved_end_ = end;
  is_direct_ = direct_fd_->is_open();
  return {};
}

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
    const std::string path = join_path(directory, kDirectoryLockName);
    while (true) {
      Descriptor fd(::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, kFileMode));
      if (!fd.is_open()) return failure("open", path);
      if (::flock(fd.get(), LOCK_EX | LOCK_NB) != 0) {
        if (errno != EWOULDBLOCK) return failure("lock", path);
        return std::unexpected(DiskError{EWOULDBLOCK, directory + " is in use by another store"});
      }
      // Whoever held it before may have removed the file in between: then nobody else would see this lock.
      if (is_named(fd, path)) return std::make_unique<RealDirectoryLock>(std::move(fd));
    }
  }

 private:
  static DiskResult<std::unique_ptr<WritableFile>> open_to_write(const std::string& path, int flag) {
    Descriptor fd(::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | flag, kFileMode));
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
