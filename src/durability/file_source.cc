#include "durability/file_source.h"

#include <algorithm>
#include <cstring>

namespace redstart {

uint64_t FileSource::bytes_left() const {
  const uint64_t size = std::max(file_->size_bytes(), read_bytes_);
  return seen().size() + (ended_ ? 0 : size - read_bytes_);
}

void FileSource::refill(size_t size) {
  check_skipped();
  size_t kept = seen().size();
  if (size > buffer_.size()) {
    std::string larger(std::max(size, kStepBytes), '\0');
    seen().copy(larger.data(), kept);
    buffer_.swap(larger);
  } else {
    std::memmove(buffer_.data(), seen().data(), kept);
  }
  while (kept < size && !ended_) {
    const auto read = file_->read({buffer_.data() + kept, buffer_.size() - kept});
    if (!read) error_ = read.error();
    ended_ = !read || *read == 0;
    if (read) {
      kept += *read;
      read_bytes_ += *read;
    }
  }
  set_window(buffer_.data(), buffer_.data() + kept);
}

}  // namespace redstart
