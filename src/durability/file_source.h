// FileSource: a file as a ByteSource, read in large steps.
//
// Threads: thread-compatible.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "base/disk.h"
#include "durability/byte_source.h"

namespace redstart {

class FileSource final : public ByteSource {
 public:
  explicit FileSource(std::unique_ptr<ReadableFile> file) : file_(std::move(file)) {}

  // A value of more bytes than the file has left is none.
  uint64_t bytes_left() const override;
  // The disk's error that ended the reading, if one did.
  const std::optional<DiskError>& disk_error() const { return error_; }

 protected:
  void refill(size_t size) override;

 private:
  static constexpr size_t kStepBytes = 1 << 20;

  const std::unique_ptr<ReadableFile> file_;
  std::string buffer_;
  uint64_t read_bytes_ = 0;
  bool ended_ = false;
  std::optional<DiskError> error_;
};

}  // namespace redstart
