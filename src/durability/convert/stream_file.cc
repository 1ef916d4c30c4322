#include "durability/convert/stream_file.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

namespace redstart {

StreamFile::~StreamFile() {
  if (closing_ == Closing::closes) ::close(fd_);
}

DiskResult<std::unique_ptr<StreamFile>> StreamFile::open(const std::string& path) {
  const int fd = ::open(path.c_str(), O_WRONLY | O_CLOEXEC);
  if (fd < 0) return std::unexpected(DiskError{errno, "cannot open " + path + ": " + std::strerror(errno)});
  return std::make_unique<StreamFile>(fd, path, Closing::closes);
}

std::unexpected<DiskError> StreamFile::failure(const char* verb, int code) const {
  return std::unexpected(DiskError{code, std::string("cannot ") + verb + " " + name_ + ": " + std::strerror(code)});
}

DiskResult<void> StreamFile::append(std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t written = ::write(fd_, bytes.data(), bytes.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return failure("write to", errno);
    bytes.remove_prefix(static_cast<size_t>(written));
    size_bytes_ += static_cast<uint64_t>(written);
  }
  return {};
}

DiskResult<void> StreamFile::append(std::string_view first, std::string_view second, std::string_view) {
  if (auto written = append(first); !written) return written;
  return append(second);
}

DiskResult<void> StreamFile::truncate(uint64_t) { return failure("shorten", ESPIPE); }

DiskResult<void> StreamFile::reserve(uint64_t, std::string_view) { return failure("reserve room in", ESPIPE); }

}  // namespace redstart
